import { notFound, ok, Refusal } from './answer.ts';
import { endpoint } from './endpoint.ts';
import { commitOf } from './git.ts';
import { archiveQuery } from './published.ts';

/**
 * https://docs.gitlab.com/api/repositories/#get-file-archive: made by `git archive`, as GitLab does, in a folder that
 * is named after the project, the asked revision, its commit and its path.
 */
export const ARCHIVE = [
  endpoint({
    method: 'GET',
    path: 'projects/:id/repository/archive.tar.gz',
    scope: 'read',
    query: archiveQuery,
    async handle({ project, query: { sha = 'main', path = '' } }) {
      const { git } = project;
      const revision = await commitOf(git, sha);
      if (revision === undefined) {
        throw notFound('File');
      }
      const name = project.path.slice(project.path.lastIndexOf('/') + 1);
      const parts = [name, sha.replaceAll('/', '-'), ...(sha === revision ? [] : [revision])];
      const prefix = [...parts, ...(path === '' ? [] : [path.replaceAll('/', '-')])].join('-');
      const folder = path === '' ? [] : ['--', path];
      try {
        const tar = await git(['archive', '--format=tar.gz', `--prefix=${prefix}/`, revision, ...folder]);
        const disposition = `attachment; filename="${prefix}.tar.gz"`;
        return ok(tar, { 'content-type': 'application/octet-stream', 'content-disposition': disposition });
      } catch {
        // What Gitaly says of a path that is not there reaches people as a server error.
        throw new Refusal(500, { message: '500 Internal Server Error' });
      }
    },
  }),
];
