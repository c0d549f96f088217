import type { MergeRequestSchema } from '@gitbeaker/core';

/** An account, and what its token may do. */
export interface User {
  readonly id: number;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly scopes: readonly string[];
}

/** The account of `write-token`, of `read-token`, and people without a token. */
export const USERS: readonly User[] = [
  { id: 1, username: 'sluice', name: 'Sluice', email: 'sluice@example.com', scopes: ['api'] },
  { id: 2, username: 'reader', name: 'Reader', email: 'reader@example.com', scopes: ['read_api', 'read_repository'] },
  { id: 3, username: 'alice', name: 'Alice', email: 'alice@example.com', scopes: [] },
  { id: 4, username: 'bob', name: 'Bob', email: 'bob@example.com', scopes: [] },
];

const TOKENS: Readonly<Record<string, string>> = { 'write-token': 'sluice', 'read-token': 'reader' };

/** Whose token this is; undefined for none that is known. */
export function userOf(token: string): User | undefined {
  return USERS.find(({ username }) => username === TOKENS[token]);
}

/** A user as replies name one. */
export function basicUser(user: User, origin: string): MergeRequestSchema['author'] {
  return {
    id: user.id,
    username: user.username,
    public_email: null,
    name: user.name,
    state: 'active',
    locked: false,
    avatar_url: `${origin}/uploads/user/avatar/${user.id}/avatar.png`,
    web_url: `${origin}/${user.username}`,
  };
}
