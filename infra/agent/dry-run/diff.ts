import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import { ISOLATION } from '../../../shared/git/run-git.ts';
import { printable } from '../../../shared/printable.ts';
import { type Ending, run } from '../../../shared/process/run.ts';
import type { ObjectDiffText } from './object-diff-text.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MILLIS = 60_000;
const SIDES = ['before', 'after'] as const;
const FLAGS = ['--no-index', '--no-color', '--no-ext-diff', '--no-textconv', '--text', '--no-renames', '--no-prefix'];
const FILE = /\b(before|after)\/(\d+)\.yaml/g;

/**
 * A unified diff of all changes, as git makes it, with the objects in its headings. The files that git compares are
 * named by number: an object's name is a stranger's, and may be any path.
 *
 * @param changes before and after of each object, by `deployment/shop/web`
 * @throws SluiceError `apply-failed` where git does not make one
 */
export async function diffOf(changes: ReadonlyMap<string, ObjectDiffText>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-diff-'));
  try {
    for (const side of SIDES) {
      await mkdir(join(directory, side), { mode: 0o700 });
    }
    const ordered = [...changes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [index, [, shown]] of ordered.entries()) {
      for (const side of SIDES) {
        if (shown[side] !== '') {
          await writeFile(join(directory, side, fileOf(index)), shown[side], { mode: 0o600, flag: 'wx' });
        }
      }
    }
    const objects = ordered.map(([object]) => printable(object));
    return withObjects(await compare(directory), objects);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Of one width, so that git keeps their order. */
function fileOf(index: number): string {
  return `${String(index).padStart(8, '0')}.yaml`;
}

async function compare(directory: string): Promise<string> {
  const ending = await run({
    command: 'git',
    arguments: ['diff', ...FLAGS, ...SIDES],
    directory,
    environment: {
      // biome-ignore lint/style/noProcessEnv: where programs are found is the machine's, not a setting of ours
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      ...ISOLATION,
      // A repository around it has no say.
      GIT_CEILING_DIRECTORIES: dirname(directory),
    },
    timeoutMillis: TIMEOUT_MILLIS,
    outputBytes: MAX_BYTES,
  });
  // It ends with 1 where there are differences.
  if (ending.is === 'ended' && (ending.status === 0 || ending.status === 1)) {
    return ending.output.toString('utf8');
  }
  throw new SluiceError({ code: 'apply-failed', subject: 'diff', expected: 'one by git', found: foundIn(ending) });
}

function foundIn(ending: Ending): string {
  if (ending.is === 'ended') {
    return ending.complaint.trim() || `status ${ending.status ?? ending.signal}`;
  }
  if (ending.is === 'not-started') {
    return messageOf(ending.cause);
  }
  return ending.is === 'timed-out' ? `none within ${TIMEOUT_MILLIS / 1000} s` : `more than ${MAX_BYTES} bytes`;
}

/** Puts objects in the place of the numbers in headings. Every line of a file's text begins with a mark of its own. */
function withObjects(diff: string, objects: readonly string[]): string {
  let isHeading = true;
  const lines = diff.split('\n').map((line) => {
    isHeading = line.startsWith('diff --git ') || (isHeading && !line.startsWith('@@ '));
    return isHeading
      ? line.replaceAll(FILE, (_, side: string, index: string) => `${side}/${objects[Number(index)]}.yaml`)
      : line;
  });
  return lines.join('\n');
}
