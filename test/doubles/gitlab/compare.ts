import type { CommitDiffSchema, RepositoryCompareSchema } from '@gitbeaker/core';
import { notFound, ok } from './answer.ts';
import { commitReplies } from './commit-reply.ts';
import { endpoint } from './endpoint.ts';
import { commitOf, type Git } from './git.ts';
import { compareQuery, compareReply } from './published.ts';

/** `commit` is null where nothing is ahead, which gitbeaker's type leaves out. */
type CompareReply = {
  [Key in keyof RepositoryCompareSchema]: RepositoryCompareSchema[Key] | (Key extends 'commit' ? null : never);
};

/** https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits */
export const COMPARE = [
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/compare',
    scope: 'read',
    query: compareQuery,
    reply: compareReply,
    async handle({ project, query: { from, to, straight }, origin }) {
      const { git } = project;
      const [base, head] = await Promise.all([commitOf(git, from), commitOf(git, to)]);
      if (base === undefined || head === undefined) {
        throw notFound('Ref');
      }
      const same = base === head;
      const start = straight ? base : await mergeBase(git, base, head);
      const commits = same ? [] : await commitReplies(project, origin, ['--reverse', `${base}..${head}`]);
      const reply: CompareReply = {
        commit: commits.at(-1) ?? null,
        commits: [...commits],
        diffs: same ? [] : await diffsOf(git, start, head),
        compare_timeout: project.compareTimesOut,
        compare_same_ref: same,
        web_url: `${origin}/${project.path}/-/compare/${from}${straight ? '..' : '...'}${to}`,
      };
      return ok(reply);
    },
  }),
];

async function mergeBase(git: Git, base: string, head: string): Promise<string> {
  try {
    return (await git(['merge-base', base, head])).toString('utf8').trim();
  } catch {
    throw notFound('Ref');
  }
}

/** What differs, renames found, with the text of each difference left out as for what is too large. */
async function diffsOf(git: Git, from: string, to: string): Promise<CommitDiffSchema[]> {
  const output = (await git(['diff-tree', '-r', '-z', '-M', from, to])).toString('utf8');
  const parts = output.split('\0').filter((part) => part !== '');
  const diffs: CommitDiffSchema[] = [];
  for (let at = 0; at < parts.length; ) {
    const [oldMode = '', newMode = '', , , status = ''] = (parts[at] ?? '').slice(1).split(' ');
    const isMove = /^[RC]/.test(status);
    const oldPath = parts[at + 1] ?? '';
    const newPath = isMove ? (parts[at + 2] ?? '') : oldPath;
    at += isMove ? 3 : 2;
    diffs.push({
      diff: '',
      collapsed: false,
      too_large: false,
      new_path: newPath,
      old_path: oldPath,
      a_mode: oldMode === '000000' ? '0' : oldMode,
      b_mode: newMode === '000000' ? '0' : newMode,
      new_file: status === 'A',
      renamed_file: status.startsWith('R'),
      deleted_file: status === 'D',
      generated_file: false,
    });
  }
  return diffs;
}
