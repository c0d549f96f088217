import type { Git } from './git.ts';

/** Who did something when, as a commit says it. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601, UTC, in whole seconds. */
  readonly date: string;
}

/** A commit as it stands in the object store. */
export interface CommitObject {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
  /** Set where GitHub signed it. */
  readonly signature: string | undefined;
}

/** Reads commits, in the order asked for, by one command. */
export async function readCommits(git: Git, shas: readonly string[]): Promise<readonly CommitObject[]> {
  if (shas.length === 0) {
    return [];
  }
  const output = await git.run(['cat-file', '--batch'], `${shas.join('\n')}\n`);
  const commits: CommitObject[] = [];
  let offset = 0;
  while (offset < output.length) {
    const end = output.indexOf('\n', offset);
    const [sha = '', , size = '0'] = output.toString('utf8', offset, end).split(' ');
    const from = end + 1;
    offset = from + Number(size) + 1;
    commits.push(parse(sha, output.toString('utf8', from, offset - 1)));
  }
  return commits;
}

/** Reads one commit. */
export async function readCommit(git: Git, sha: string): Promise<CommitObject> {
  const [commit] = await readCommits(git, [sha]);
  if (commit === undefined) {
    throw new Error(`no commit ${sha}`);
  }
  return commit;
}

/** Writes a commit and gives its hash; the message is kept byte for byte. */
export async function writeCommit(git: Git, commit: Omit<CommitObject, 'sha'>): Promise<string> {
  const { tree, parents, author, committer, message, signature } = commit;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${signatureLine(author)}`,
    `committer ${signatureLine(committer)}`,
    ...(signature === undefined ? [] : [`gpgsig ${signature.replaceAll('\n', '\n ')}`]),
    '',
    message,
  ];
  const output = await git.run(['hash-object', '-t', 'commit', '-w', '--stdin'], lines.join('\n'));
  return output.toString('utf8').trim();
}

function signatureLine({ name, email, date }: Signature): string {
  return `${crudless(name)} <${crudless(email)}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
}

/** Git takes these out of a name rather than refuse it. */
function crudless(text: string): string {
  return text.replaceAll(/[<>\n\0]/g, '').trim();
}

function parse(sha: string, text: string): CommitObject {
  const blank = text.indexOf('\n\n');
  const head = text.slice(0, blank).replaceAll('\n ', '\u0001').split('\n');
  const valuesOf = (key: string) =>
    head.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    sha,
    tree: valuesOf('tree')[0] ?? '',
    parents: valuesOf('parent'),
    author: signatureOf(valuesOf('author')[0] ?? ''),
    committer: signatureOf(valuesOf('committer')[0] ?? ''),
    message: text.slice(blank + 2),
    signature: valuesOf('gpgsig')[0]?.replaceAll('\u0001', '\n'),
  };
}

function signatureOf(line: string): Signature {
  const [, name = '', email = '', seconds = '0'] = /^(.*?) ?<(.*)> (\d+)/.exec(line) ?? [];
  return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z') };
}
