import { ok } from './answer.ts';
import { endpoint } from './endpoint.ts';
import { commitOf } from './git.ts';
import { page } from './pagination.ts';
import { currentUserReply, projectReply, tokenReply, usersQuery, usersReply } from './published-beside.ts';
import { basicUser, USERS } from './users.ts';

/** https://docs.gitlab.com/api/users/, /api/personal_access_tokens/ and /api/projects/ */
export const ACCOUNT = [
  endpoint({
    method: 'GET',
    path: 'users',
    scope: 'read',
    query: usersQuery,
    reply: usersReply,
    handle: async ({ query, origin, url }) => {
      const found = USERS.filter(({ username }) => username === (query.username ?? query.search ?? username));
      const users = found.map((user) => basicUser(user, origin));
      return page(users, query, url);
    },
  }),
  endpoint({
    method: 'GET',
    path: 'user',
    scope: 'read',
    reply: currentUserReply,
    handle: async ({ user, origin }) => ok({ ...basicUser(user, origin), email: user.email, bot: false }),
  }),
  endpoint({
    method: 'GET',
    path: 'personal_access_tokens/self',
    scope: 'read',
    reply: tokenReply,
    handle: async ({ user }) =>
      ok({
        id: user.id,
        name: `${user.username}-token`,
        description: null,
        revoked: false,
        created_at: new Date(0).toISOString(),
        scopes: [...user.scopes],
        user_id: user.id,
        last_used_at: null,
        active: true,
        expires_at: null,
      }),
  }),
  endpoint({
    method: 'GET',
    path: 'projects/:id',
    scope: 'read',
    reply: projectReply,
    async handle({ project, origin }) {
      const name = project.path.slice(project.path.lastIndexOf('/') + 1);
      const head = await commitOf(project.git, 'HEAD');
      return ok({
        id: project.id,
        name,
        path: name,
        path_with_namespace: project.path,
        default_branch: head === undefined ? null : 'main',
        archived: project.archived,
        empty_repo: head === undefined,
        http_url_to_repo: `${origin}/${project.path}.git`,
        web_url: `${origin}/${project.path}`,
        permissions: {
          project_access: null,
          group_access:
            project.accessLevel === null ? null : { access_level: project.accessLevel, notification_level: 3 },
        },
      });
    },
  }),
];
