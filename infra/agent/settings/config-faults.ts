import * as z from '../../../shared/schema.ts';
import { ownerOf } from './source-settings.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const MAX_LABEL = 63;

/** Says what is wrong in a configuration file, a line for each fault: `sources[0].paths: expected a list of paths` */
export function faultInFile(issue: z.core.$ZodIssue): string {
  const { path, message } = issue;
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `${placeOf([...path, key])}: there is no such setting`).join('\n  ')
    : `${placeOf(path)}: ${message}`;
}

/** `sources[0].paths` */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** All that names are looked for in, whatever else is wrong. */
const named = z.object({
  name: z.catch(z.string(), 'default'),
  sources: z.catch(z.array(z.catch(z.object({ name: z.optional(z.string()) }), {})), []),
});

/** What is wrong with the names of sources: they are told apart by them, and they are part of labels. */
export function nameFaults(given: object): readonly string[] {
  const { name: agent, sources } = named.parse(given);
  const names = sources.map(({ name }) => name);
  const repeated = names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [`sources[${index}].name: expected each name once, found ${name ?? 'two without one'}`]
      : [],
  );
  const long = sources.flatMap((source, index) =>
    ownerOf(agent, source).length > MAX_LABEL
      ? [`sources[${index}].name: expected ${MAX_LABEL} letters at most with the name of the agent`]
      : [],
  );
  return [...repeated, ...long];
}
