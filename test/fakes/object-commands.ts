import type { GitObject, ObjectReader } from './git-objects.ts';
import { listPath } from './tree-listing.ts';
import { writeBlob } from './write-blob.ts';

/** A command that asks for objects by their ids: how it is written, and what git writes of an object. */
interface ObjectCommand {
  readonly words: RegExp;
  /** Undefined where git would fail, or answer otherwise. */
  readonly answer: (id: string, object: GitObject) => string | Buffer | undefined;
}

const ID = '([0-9a-f]{40})';
const COMMANDS: readonly ObjectCommand[] = [
  {
    words: new RegExp(`^cat-file blob ${ID}$`),
    answer: (_id, { type, content }) => (type === 'blob' ? content : undefined),
  },
  { words: new RegExp(`^cat-file -t ${ID}$`), answer: (_id, { type }) => `${type}\n` },
  {
    words: new RegExp(`^rev-parse --verify --quiet (?:--end-of-options )?${ID}\\^\\{commit\\}$`),
    answer: (id, { type }) => (type === 'commit' ? `${id}\n` : undefined),
  },
  {
    words: new RegExp(`^rev-parse (?:--verify --quiet )?${ID}\\^\\{tree\\}$`),
    answer: (_id, { type, content }) =>
      type === 'commit' ? content.subarray('tree '.length, 'tree '.length + 41) : undefined,
  },
];
const LIST_PATH = new RegExp(`^ls-tree -z (-l )?${ID} -- (.+)$`, 's');
const IDS = new RegExp(`^(?:${ID}\n)+$`);

/** What a command of git writes, where it is about objects alone that are there; undefined where git has to run. */
export async function answerWithoutGit(
  objects: ObjectReader,
  command: readonly string[],
  input: string | Buffer | undefined,
): Promise<Buffer | undefined> {
  const line = command.join(' ');
  if (line === 'cat-file --batch' && typeof input === 'string' && IDS.test(input)) {
    return readBatch(objects, input.trimEnd().split('\n'));
  }
  if (line === 'hash-object -w --stdin') {
    return Buffer.from(`${writeBlob(objects.directory, Buffer.from(input ?? ''))}\n`);
  }
  const [, option, commit, path] = LIST_PATH.exec(line) ?? [];
  if (commit !== undefined && path !== undefined) {
    const listed = await listPath(objects, commit, path, option !== undefined);
    return listed === undefined ? undefined : Buffer.from(listed);
  }
  for (const { words, answer } of COMMANDS) {
    const [, id] = words.exec(line) ?? [];
    if (id !== undefined) {
      const object = await objects.read(id);
      const text = object && answer(id, object);
      return text === undefined ? undefined : Buffer.from(text);
    }
  }
  return undefined;
}

async function readBatch(objects: ObjectReader, ids: readonly string[]): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (const object of await Promise.all(ids.map(async (id) => [id, await objects.read(id)] as const))) {
    const [id, found] = object;
    if (found === undefined) {
      return undefined;
    }
    parts.push(Buffer.from(`${id} ${found.type} ${found.content.length}\n`), found.content, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
