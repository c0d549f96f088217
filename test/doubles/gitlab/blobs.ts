import { notFound, ok } from './answer.ts';
import { endpoint } from './endpoint.ts';

/** https://docs.gitlab.com/api/repositories/#raw-blob-content */
export const BLOBS = [
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/blobs/:sha/raw',
    scope: 'read',
    async handle({ project: { git }, at: { sha = '' } }) {
      try {
        return ok(await git(['cat-file', 'blob', sha]), { 'content-type': 'text/plain' });
      } catch {
        throw notFound('Blob');
      }
    },
  }),
];
