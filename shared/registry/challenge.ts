/** A way to authenticate that a registry offers. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
/** A parameter, which may have spaces around its `=`, or the name of a scheme. */
const PART = new RegExp(
  `[\\s,]*(?:(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))|(${TOKEN})(?=\\s|,|$))`,
  'y',
);

/**
 * The challenge of `WWW-Authenticate` to answer: a token where both are offered, since that may need no credentials.
 *
 * @returns undefined where no known way is offered
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function readChallenge(header: string | undefined): Challenge | undefined {
  const challenges = readAll(header ?? '').flatMap(({ scheme, parameters }) =>
    scheme === 'basic' || scheme === 'bearer' ? [{ scheme, parameters } as const] : [],
  );
  return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges[0];
}

function readAll(header: string) {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  PART.lastIndex = 0;
  for (let part = PART.exec(header); part !== null; part = PART.exec(header)) {
    const [, name, quoted, bare = '', scheme] = part;
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    } else if (name !== undefined) {
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare);
    }
  }
  return challenges;
}
