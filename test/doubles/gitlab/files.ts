import { createHash } from 'node:crypto';
import type { RepositoryFileExpandedSchema } from '@gitbeaker/core';
import { notFound, ok, Refusal } from './answer.ts';
import { type Call, endpoint } from './endpoint.ts';
import { commitOf } from './git.ts';
import { fileQuery, fileReply } from './published.ts';
import { entryAt, lastCommitAt } from './tree-entries.ts';

const PATH = 'projects/:id/repository/files/:path';

/** https://docs.gitlab.com/api/repository_files/ */
export const FILES = [
  endpoint({
    method: 'GET',
    path: PATH,
    scope: 'read',
    query: fileQuery,
    reply: fileReply,
    handle: async (call) => {
      const { file } = await read(call, call.query.ref);
      return ok(file, headersOf(file));
    },
  }),
  endpoint({
    method: 'HEAD',
    path: PATH,
    scope: 'read',
    query: fileQuery,
    handle: async (call) => ok('', headersOf((await read(call, call.query.ref)).file)),
  }),
  endpoint({
    method: 'GET',
    path: `${PATH}/raw`,
    scope: 'read',
    query: fileQuery.partial(),
    handle: async (call) => {
      const { file, content } = await read(call, call.query.ref ?? 'HEAD');
      return ok(content, { ...headersOf(file), 'content-type': 'text/plain' });
    },
  }),
];

/** A file is what has a blob: a symbolic link too, with its target for a text; a submodule has an empty one. */
async function read({ project: { git }, at: { path = '' } }: Call, ref: string) {
  // GitLab takes a line break for a try to leave the repository: `Gitlab::PathTraversal`.
  if (/(^|[/\\])\.\.([/\\]|$)|\n/.test(path)) {
    throw new Refusal(400, { error: 'file_path should be a valid file path' });
  }
  const commit = await commitOf(git, ref);
  if (commit === undefined) {
    throw notFound('Commit');
  }
  const entry = await entryAt(git, commit, path);
  if (entry === undefined || entry.type === 'tree') {
    throw notFound('File');
  }
  const content = entry.type === 'commit' ? Buffer.alloc(0) : await git(['cat-file', 'blob', entry.id]);
  const file: RepositoryFileExpandedSchema & { execute_filemode: boolean } = {
    file_name: path.slice(path.lastIndexOf('/') + 1),
    file_path: path,
    size: content.length,
    encoding: 'base64',
    content: content.toString('base64'),
    content_sha256: createHash('sha256').update(content).digest('hex'),
    ref,
    blob_id: entry.id,
    commit_id: commit,
    last_commit_id: await lastCommitAt(git, commit, path),
    execute_filemode: entry.mode === '100755',
  };
  return { file, content };
}

function headersOf(file: RepositoryFileExpandedSchema & { execute_filemode: boolean }) {
  return {
    'x-gitlab-blob-id': file.blob_id,
    'x-gitlab-commit-id': file.commit_id,
    'x-gitlab-content-sha256': file.content_sha256,
    'x-gitlab-encoding': file.encoding,
    'x-gitlab-execute-filemode': String(file.execute_filemode),
    'x-gitlab-file-name': encodeURIComponent(file.file_name),
    'x-gitlab-file-path': encodeURIComponent(file.file_path),
    'x-gitlab-last-commit-id': file.last_commit_id,
    'x-gitlab-ref': encodeURIComponent(file.ref),
    'x-gitlab-size': String(file.size),
  };
}
