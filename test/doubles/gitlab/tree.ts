import type { RepositoryTreeSchema } from '@gitbeaker/core';
import { notFound, ok } from './answer.ts';
import { endpoint } from './endpoint.ts';
import { commitOf } from './git.ts';
import { page } from './pagination.ts';
import { treeQuery, treeReply } from './published.ts';
import { entriesOf } from './tree-entries.ts';

/** https://docs.gitlab.com/api/repositories/#list-repository-tree */
export const TREE = [
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/tree',
    scope: 'read',
    query: treeQuery,
    reply: treeReply,
    async handle({ project: { git }, query, url }) {
      const commit = await commitOf(git, query.ref ?? 'main');
      if (commit === undefined) {
        throw notFound('Tree');
      }
      const entries = await entriesOf(git, commit, query.path, query.recursive);
      if (entries.length === 0 && query.path !== '') {
        throw notFound('invalid revision or path');
      }
      const items = entries.map(
        ({ mode, type, id, path }): RepositoryTreeSchema => ({
          id,
          name: path.slice(path.lastIndexOf('/') + 1),
          type,
          path,
          mode,
        }),
      );
      return query.pagination === 'keyset' ? keyset(items, query, url) : page(items, query, url);
    },
  }),
];

/** https://docs.gitlab.com/api/rest/#keyset-based-pagination: what comes after the entry of this id. */
function keyset(
  items: readonly RepositoryTreeSchema[],
  { page_token: token, per_page: size }: { readonly page_token?: string | undefined; readonly per_page: number },
  url: URL,
) {
  const start = items.findIndex(({ id }) => id === token) + 1;
  const some = items.slice(start, start + size);
  const last = some.at(-1);
  const target = new URL(url);
  target.searchParams.set('page_token', last?.id ?? '');
  const isMore = start + size < items.length;
  return ok(some, isMore ? { link: `<${target.href}>; rel="next"` } : {});
}
