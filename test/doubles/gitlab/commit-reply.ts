import type { CommitSchema } from '@gitbeaker/core';
import type { Git } from './git.ts';
import type { Project } from './projects.ts';

/** A commit as replies tell of it, with its parents and dates. */
export interface CommitReply extends CommitSchema {
  parent_ids: string[];
  authored_date: string;
  committer_name: string;
  committer_email: string;
  committed_date: string;
}

const FIELDS = ['%H', '%P', '%aI', '%an', '%ae', '%cI', '%cn', '%ce', '%B'];
const TRAILER = /^([\w-]+): (.*)$/;

/** What `git log` tells of these revisions, newest first, as GitLab writes it. */
export async function commitReplies(
  project: Project,
  origin: string,
  range: readonly string[],
  withTrailers = false,
): Promise<readonly CommitReply[]> {
  const format = `--format=${FIELDS.join('%x00')}%x01`;
  const output = (await project.git(['log', format, ...range])).toString('utf8');
  return output
    .split('\u0001')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [
        id = '',
        parents = '',
        authored = '',
        name = '',
        email = '',
        committed = '',
        by = '',
        at = '',
        message = '',
      ] = entry.split('\0');
      const trailers = withTrailers ? trailersOf(message) : [];
      return {
        id,
        short_id: id.slice(0, 8),
        created_at: committed,
        parent_ids: parents === '' ? [] : parents.split(' '),
        title: message.split('\n')[0] ?? '',
        message,
        author_name: name,
        author_email: email,
        authored_date: authored,
        committer_name: by,
        committer_email: at,
        committed_date: committed,
        trailers: Object.fromEntries(trailers),
        extended_trailers: Object.fromEntries(trailers.map(([key]) => [key, valuesOf(trailers, key)])),
        web_url: `${origin}/${project.path}/-/commit/${id}`,
      };
    });
}

/** One commit. */
export async function commitReply(project: Project, origin: string, revision: string): Promise<CommitReply> {
  const [commit] = await commitReplies(project, origin, ['-1', revision]);
  if (commit === undefined) {
    throw new Error(`no commit ${revision}`);
  }
  return commit;
}

/** Lines that a commit adds and takes away. */
export async function statsOf(git: Git, revision: string) {
  const output = (await git(['show', '--numstat', '--format=', '--first-parent', revision])).toString('utf8');
  const lines = output.split('\n').map((line) => line.split('\t').map((cell) => Number.parseInt(cell, 10) || 0));
  const sum = (column: number) => lines.reduce((total, line) => total + (line[column] ?? 0), 0);
  return { additions: sum(0), deletions: sum(1), total: sum(0) + sum(1) };
}

type Trailers = readonly (readonly [string, string])[];

function trailersOf(message: string): Trailers {
  const last = message.trimEnd().split('\n\n').at(-1)?.split('\n') ?? [];
  const matches = last.map((line) => TRAILER.exec(line));
  return matches.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const]));
}

function valuesOf(trailers: Trailers, key: string): readonly string[] {
  return trailers.filter(([other]) => other === key).map(([, value]) => value);
}
