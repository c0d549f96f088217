import type { GitCredentials } from '../../shared/git/credentials.ts';
import type { Access } from './git-access.ts';

const PASSWORD = 'p:ss wörd';

/** Who may do what over HTTP, by Basic authentication. */
export const BASIC_USERS = [
  { name: 'writer', password: PASSWORD, write: true },
  { name: 'reader', password: PASSWORD, write: false },
];

/** Credentials for each kind of access. */
export const BASIC_CREDENTIALS: Readonly<Record<Access, GitCredentials>> = {
  write: { kind: 'basic', username: 'writer', password: PASSWORD },
  read: { kind: 'basic', username: 'reader', password: PASSWORD },
  wrong: { kind: 'basic', username: 'writer', password: 'a wrong one' },
  none: { kind: 'none' },
};

/** What a refusal over HTTP says of credentials. */
export const BASIC_SAYS = {
  wrong: /HTTP 401: the credentials were not accepted/,
  none: /HTTP 401: it wants credentials, and none are given/,
};

/** What no message may show. */
export const BASIC_SECRETS = [PASSWORD, 'a wrong one', Buffer.from(`writer:${PASSWORD}`).toString('base64')];
