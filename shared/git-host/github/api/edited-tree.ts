import { SluiceError } from '../../../errors.ts';
import * as z from '../../../schema.ts';
import { blobId, requireNoPointer } from '../../manifest-file.ts';
import type { CommitRequest, FileEdit } from '../../port.ts';
import type { RepositoryCache } from '../cache.ts';
import type { GitHubClient } from '../client.ts';
import { lookAtTree, treeOf } from '../tree.ts';
import { type Change, isAtOrBelow, isCovered, isRegular, type Snapshot } from './snapshot.ts';

type Mode = '100644' | '100755';

const madeSchema = z.object({ sha: z.string() });

/** The tree with the edits, and how it differs from the one before: what was written is, as a rule, read next. */
export async function makeTree(
  client: GitHubClient,
  cache: RepositoryCache,
  { expectedHead, edits }: CommitRequest,
): Promise<{ readonly tree: string; readonly changes: readonly Change[] }> {
  const files = await withModes(client, cache, expectedHead, edits);
  const base = await treeOf(client, cache, expectedHead);
  const { sha: tree } = await client.read(madeSchema, async (send, at) =>
    send('POST /repos/{owner}/{repo}/git/trees', {
      ...at,
      base_tree: base,
      tree: files.map(({ path, mode, text }) => ({ path, mode, type: 'blob', content: text })),
    }),
  );
  const changes = files.map(({ path, mode, text }): Change => {
    const content = Buffer.from(text);
    return [path, { mode, blob: blobId(content), bytes: content.length }];
  });
  return { tree, changes };
}

/** With the files' own modes; only what a comparison left open needs a look. */
async function withModes(
  client: GitHubClient,
  cache: RepositoryCache,
  revision: string,
  edits: readonly FileEdit[],
): Promise<readonly (FileEdit & { readonly mode: Mode })[]> {
  const remembered = cache.snapshot(revision);
  const isKnown = edits.every(({ path }) => {
    const entry = remembered.entries.get(path);
    return isCovered(remembered, path) && (entry === undefined || entry.mode !== undefined);
  });
  const paths = edits.map(({ path }) => path);
  const snapshot = isKnown ? remembered : await lookAtTree(client, cache, revision, paths);
  for (const path of paths) {
    requireNoPointer(path, cache.content(snapshot.entries.get(path)?.blob ?? ''));
  }
  return edits.map((edit) => ({ ...edit, mode: modeOf(edit, snapshot) }));
}

function modeOf({ path, create = false }: FileEdit, { entries }: Snapshot): Mode {
  const mode = entries.get(path)?.mode;
  if (mode !== undefined && isRegular(mode)) {
    return mode === '100755' ? mode : '100644';
  }
  if (!create) {
    throw new SluiceError({ code: 'git-refused', subject: path, expected: 'a regular file', found: 'none' });
  }
  // GitHub would put the file in the place of a link, or of a whole folder.
  const other = [...entries.keys()].find((one) => isAtOrBelow(one, path) || isAtOrBelow(path, one));
  if (other !== undefined) {
    const expected = 'a regular file, or nothing';
    throw new SluiceError({ code: 'git-refused', subject: path, expected, found: `something else at ${other}` });
  }
  return '100644';
}
