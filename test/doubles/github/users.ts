/** Somebody with an account at the double. */
export interface User {
  readonly login: string;
  readonly id: number;
  readonly type: 'User' | 'Bot' | 'Organization';
}

/** The owner of every repository. */
export const OWNER: User = { login: 'acme', id: 1, type: 'Organization' };
/** Whom `write-token` belongs to. */
export const WRITER: User = { login: 'writer', id: 1001, type: 'User' };
/** Whom `read-token` belongs to. */
export const READER: User = { login: 'reader', id: 1002, type: 'User' };
/** A person who merges and closes what is proposed to them. */
export const PERSON: User = { login: 'octocat', id: 583_231, type: 'User' };

/** Those who may be assigned. */
export const USERS: readonly User[] = [WRITER, READER, PERSON, { login: 'hubot', id: 1004, type: 'User' }];

/** The address that GitHub gives an account. */
export function noreply({ login, id }: User): string {
  return `${id}+${login}@users.noreply.github.com`;
}

/** As `simple-user` has it. */
export function userJson(api: string, user: User): Record<string, unknown> {
  const { login, id, type } = user;
  const url = `${api}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${api}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${api.replace(/\/api\/v3$/, '')}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

/** The name of a thing in the GraphQL API. */
export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64');
}
