import { type Instruction, readInstructions, readStages } from './dockerfile.ts';

/** Something that a build takes from outside, and that may be another thing tomorrow. */
export interface Unpinned {
  /** Line of the Dockerfile that its instruction begins on. */
  readonly line: number;
  /** The image, the address or the command as it is written. */
  readonly what: string;
  /** What would pin it. */
  readonly expected: string;
}

/** A command that takes things from outside, what pins it, and the words for that. */
interface Rule {
  readonly takes: RegExp;
  /** @param command one command of the shell; `all` is the whole RUN */
  readonly pinned: (command: string, all: string) => boolean;
  readonly expected: string;
}

const DIGEST = /@sha256:[0-9a-f]{64}$/;
const COMMIT = /\b[0-9a-f]{40}\b/;
const CHECKED = /\bsha(?:256|512)sum\b.*(?:\s-c\b|\s--check\b)|\bgpgv?\b.*--verify\b/;
const SNAPSHOT = /\bsnapshot\.debian\.org\/archive\b/;

const RULES: readonly Rule[] = [
  {
    takes: /\b(?:apt|apt-get)\b.*\sinstall\b/,
    pinned: (command, all) => SNAPSHOT.test(all) || packagesOf(command, 'install').every((name) => name.includes('=')),
    expected: 'packages with =VERSION, or of a time of snapshot.debian.org',
  },
  {
    takes: /\b(?:apt|apt-get)\b.*\s(?:dist-|full-)?upgrade\b/,
    pinned: (_, all) => SNAPSHOT.test(all),
    expected: 'a time of snapshot.debian.org',
  },
  {
    takes: /\bapk\b.*\sadd\b/,
    pinned: (command) => packagesOf(command, 'add').every((name) => name.includes('=')),
    expected: 'packages with =VERSION',
  },
  {
    takes: /\bpip3?(?:\.\d+)?\s(?:.*\s)?install\b/,
    pinned: (command) => /\s--require-hashes\b/.test(command),
    expected: '--require-hashes and a file of them',
  },
  {
    takes: /\bnpm\s(?:.*\s)?(?:install|i|add|update|exec)\b|^(?:\w+=\S*\s+)*npx\b/,
    pinned: () => false,
    expected: 'npm ci, which keeps to the lockfile',
  },
  {
    takes: /\b(?:yarn|pnpm)\s(?:.*\s)?(?:install|i|add|dlx)\b/,
    pinned: (command) => /\s--(?:frozen-lockfile|immutable)\b/.test(command),
    expected: '--frozen-lockfile',
  },
  {
    takes: /\bgo\s+get\b|\bgo\s.*-mod=mod\b|\bgo\s+(?:install|run)\b.*@(?!v\d+\.\d+\.\d+)/,
    pinned: () => false,
    expected: 'a go.mod with its go.sum, or a version',
  },
  {
    takes: /\bGO(?:SUMDB=off|NOSUMDB=|NOSUMCHECK=|FLAGS=\S*-insecure|INSECURE=)/,
    pinned: () => false,
    expected: 'checksums to be looked up',
  },
  {
    takes: /\b(?:curl|wget)\b.*https?:|\b(?:curl|wget)\b.*\$/,
    pinned: (_, all) => CHECKED.test(all),
    expected: 'sha256sum --check of what it brings',
  },
  {
    takes: /\bgit\b.*\s(?:clone|pull|fetch)\b/,
    pinned: (_, all) => COMMIT.test(all),
    expected: 'a commit by its 40 digits',
  },
  {
    takes: /\bcargo\s+install\b/,
    pinned: (command) => /\s--locked\b/.test(command) && /@\d|\s--version\b/.test(command),
    expected: '--locked and a version',
  },
  { takes: /\bgem\s+install\b/, pinned: (command) => /\s(?:-v|--version)\b/.test(command), expected: 'a version' },
];

/** What a Dockerfile takes from outside without saying which, in its order. */
export function unpinned(dockerfile: string): readonly Unpinned[] {
  const stages = readStages(dockerfile);
  const names = new Set(stages.map(({ name }) => name));
  const isImage = (image: string) => image !== 'scratch' && !names.has(image) && !/^\d+$/.test(image);
  const bases = stages
    .filter(({ image }) => isImage(image) && !DIGEST.test(image))
    .map(({ line, image }) => ({ line, what: `FROM ${image}`, expected: '@sha256: and a digest' }));
  const others = readInstructions(dockerfile).flatMap((instruction) => taken(instruction, isImage));
  return [...bases, ...others].sort((one, other) => one.line - other.line);
}

function taken(instruction: Instruction, isImage: (image: string) => boolean): readonly Unpinned[] {
  const { line, name, text } = instruction;
  if (name === 'RUN' || name === 'ENV' || name === 'ARG') {
    return commandsOf(text).flatMap((command) =>
      RULES.filter(({ takes, pinned }) => takes.test(command) && !pinned(command, text)).map(({ expected }) => ({
        line,
        what: command,
        expected,
      })),
    );
  }
  const [, from = ''] = /(?:^|\s)--from=(\S+)/.exec(text) ?? [];
  if (name === 'COPY' && from !== '' && isImage(from) && !DIGEST.test(from)) {
    return [{ line, what: `COPY --from=${from}`, expected: '@sha256: and a digest' }];
  }
  if (name === 'ADD' && /(?:^|\s)(?:https?:|git@|git:)/.test(text) && !/--checksum=/.test(text) && !COMMIT.test(text)) {
    return [{ line, what: `ADD ${text}`, expected: '--checksum=sha256:…, or a commit of a repository' }];
  }
  return [];
}

/** The commands of a RUN in either form, at each `&&`, `||`, `;` and `|`. */
function commandsOf(text: string): readonly string[] {
  const shell = text.startsWith('[') ? text.replaceAll(/[[\]",]/g, ' ') : text;
  return shell.split(/&&|\|\|?|;/).map((command) => command.trim().replaceAll(/\s+/g, ' '));
}

/** `git` of `apt-get install -y git`. */
function packagesOf(command: string, verb: string): readonly string[] {
  const words = command.split(' ');
  return words.slice(words.indexOf(verb) + 1).filter((word) => !word.startsWith('-') && word !== '');
}
