/** What a query says of log lines. */
export interface QueryWords {
  /** Messages that it asks for; none where it asks for lines of any. */
  readonly messages: readonly string[];
  /** Fields of lines, `error.code`, and those that CloudWatch adds, `@timestamp`. */
  readonly fields: readonly string[];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */
const LANGUAGE = new Set([
  ...['fields', 'filter', 'sort', 'limit', 'stats', 'by', 'as', 'in', 'and', 'or', 'like', 'asc', 'desc'],
  ...['count', 'count_distinct', 'sum', 'max', 'pct', 'latest', 'bin', 'strcontains', 'coalesce'],
]);

const QUOTED = /"([^"]*)"/g;

/** Reads messages and fields out of a query's commands. */
export function wordsOf(commands: readonly string[]): QueryWords {
  const text = commands.join('\n');
  const asked = text.matchAll(/message (?:=|in) ("[^"]*"|\[[^\]]*\])|strcontains\(message, ("[^"]*")\)/g);
  const messages = [...asked].flatMap(([, one, other]) =>
    [...`${one ?? other}`.matchAll(QUOTED)].map(([, message = '']) => message),
  );
  const bare = text.replaceAll(QUOTED, '').replaceAll(/\/[^/\n]*\//g, '');
  const aliases = new Set([...bare.matchAll(/ as (\w+)/g)].map(([, alias = '']) => alias));
  const words = [...bare.matchAll(/(?<![\w.@])[@a-z][\w.]*/gi)].map(([word]) => word);
  const fields = words.filter((word) => !LANGUAGE.has(word) && !aliases.has(word));
  return { messages: [...new Set(messages)], fields: [...new Set(fields)] };
}
