import { randomUUID } from 'node:crypto';
import { SluiceError } from '../errors.ts';
import { type Mirror, type MirrorOptions, openMirror, URL_PLACE } from '../git/mirror.ts';
import { listTree, readBlobs, type TreeEntry } from '../git/tree.ts';
import type { CommitRequest, GitHost, RepositoryFile } from './port.ts';

/** Larger files hold no manifests that a person wrote. */
const MAX_FILE_BYTES = 1024 * 1024;
const MANIFEST = /\.(ya?ml|json)$/i;

/** Any host that speaks Git, over HTTP(S), SSH, or a path. */
export function openPlainGit(options: MirrorOptions): GitHost {
  const mirror = openMirror(options);
  return {
    head: async (branch) => mirror.fetchHead(branch),
    files: async (revision, paths) => readFiles(mirror, revision, paths),
    commit: async (request) => commit(mirror, request),
  };
}

async function readFiles(
  mirror: Mirror,
  revision: string,
  paths: readonly string[],
): Promise<readonly RepositoryFile[]> {
  const entries = (await listTree(mirror, revision, paths)).filter(isManifest);
  const contents = await readBlobs(
    mirror,
    entries.map(({ blob }) => blob),
  );
  return entries.flatMap(({ path, blob }, index) => {
    const text = decode(contents[index]);
    return text === undefined ? [] : [{ path, blob, text }];
  });
}

function isManifest({ path, bytes }: TreeEntry): boolean {
  return MANIFEST.test(path) && bytes <= MAX_FILE_BYTES;
}

/** Text as it is, its byte-order mark too; undefined for what is not UTF-8 and could not be written back unchanged. */
function decode(content: Buffer | undefined): string | undefined {
  const text = content?.toString('utf8');
  return content !== undefined && text !== undefined && Buffer.from(text, 'utf8').equals(content) ? text : undefined;
}

/**
 * Makes the commit by one `fast-import` and pushes it from the head that the caller knows: whether the branch is still
 * there, the push itself finds out.
 */
async function commit(mirror: Mirror, request: CommitRequest): Promise<string> {
  const { branch, expectedHead, edits } = request;
  const modes = new Map(
    (
      await listTree(
        mirror,
        expectedHead,
        edits.map(({ path }) => path),
      )
    ).map(({ path, mode }) => [path, mode]),
  );
  for (const { path } of edits) {
    if (!modes.has(path)) {
      throw new SluiceError({ code: 'git-refused', subject: path, expected: 'a regular file', found: 'none' });
    }
  }
  // A ref of its own for each commit: two that are made at once do not meet.
  const ref = `refs/sluice-new/${randomUUID()}`;
  await mirror.local(['fast-import', '--quiet', '--force', '--date-format=now'], importStream(request, ref, modes));
  const revision = (await mirror.local(['rev-parse', '--verify', ref])).toString('utf8').trim();
  try {
    await mirror.remote(['push', '--quiet', '--porcelain', '--', URL_PLACE, `${revision}:refs/heads/${branch}`]);
  } finally {
    await mirror.local(['update-ref', '-d', ref]);
  }
  return revision;
}

/** @see https://git-scm.com/docs/git-fast-import#_input_format */
function importStream(
  { expectedHead, edits, message, author }: CommitRequest,
  ref: string,
  modes: ReadonlyMap<string, string>,
): Buffer {
  const by = `${plain(author.name)} <${plain(author.email)}> now`;
  const parts: (string | Buffer)[] = [`commit ${ref}\nauthor ${by}\ncommitter ${by}\n`];
  const data = (text: string) => {
    const bytes = Buffer.from(text, 'utf8');
    parts.push(`data ${bytes.length}\n`, bytes, '\n');
  };
  data(message);
  parts.push(`from ${expectedHead}\n`);
  for (const { path, text } of edits) {
    parts.push(`M ${modes.get(path)} inline ${JSON.stringify(path)}\n`);
    data(text);
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)));
}

function plain(text: string): string {
  return text.replaceAll(/[<>\n\r\0]/g, '');
}
