import type { IncomingHttpHeaders } from 'node:http';
import type { Actor, Host, Reply } from './api.ts';
import { checkJwt } from './app.ts';
import { Refusal } from './refusal.ts';
import type { Repository } from './repository.ts';
import { READER, WRITER } from './users.ts';

/** Who shows these credentials: a personal token, the token of an installation, or the JWT of an App. */
export function actorOf({ app, now }: Host, { authorization }: IncomingHttpHeaders): Actor {
  if (authorization === undefined) {
    return { kind: 'nobody' };
  }
  const [, scheme = '', secret = ''] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  const token = scheme.toLowerCase() === 'basic' ? password(secret) : secret;
  if (!['bearer', 'token', 'basic'].includes(scheme.toLowerCase())) {
    throw badCredentials();
  }
  if (token.split('.').length === 3) {
    checkJwt(app, token, now());
    return { kind: 'app' };
  }
  return tokenActor(token) ?? installationActor({ app, now }, token);
}

function tokenActor(token: string): Actor | undefined {
  if (token === 'write-token') {
    return { kind: 'user', user: WRITER, canWrite: true };
  }
  return token === 'read-token' ? { kind: 'user', user: READER, canWrite: false } : undefined;
}

function installationActor({ app, now }: Pick<Host, 'app' | 'now'>, token: string): Actor {
  const known = app.tokens.get(token);
  if (known === undefined || !app.installed || known.expiresAt <= now()) {
    throw badCredentials();
  }
  const { permissions, repositories } = known;
  return { kind: 'installation', user: app.bot, permissions, repositories };
}

function password(secret: string): string {
  const text = Buffer.from(secret, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function badCredentials(): Refusal {
  return new Refusal(401, 'Bad credentials');
}

/** Whether somebody may know of a repository: all are private. */
export function canSee(actor: Actor, { name, settings }: Repository): boolean {
  if (settings.hidden || actor.kind === 'nobody' || actor.kind === 'app') {
    return false;
  }
  return actor.kind === 'user' || (actor.repositories?.includes(name) ?? true);
}

/**
 * Whether somebody has one of the permissions, which stand as in `x-accepted-github-permissions`, with `;` between
 * those of which any will do. Who may write may read.
 */
export function isAllowed(actor: Actor, accepted: string): boolean {
  if (actor.kind === 'user') {
    return actor.canWrite || accepted.endsWith('=read');
  }
  if (actor.kind !== 'installation') {
    return false;
  }
  return accepted
    .split('; ')
    .map((one) => one.split('='))
    .some(([name = '', level = '']) => [level, 'write'].includes(actor.permissions[name] ?? ''));
}

/** @throws Refusal in GitHub's words for a token that lacks a permission */
export function checkAllowed(actor: Actor, accepted: string): void {
  if (!isAllowed(actor, accepted)) {
    const holder = actor.kind === 'installation' ? 'integration' : 'personal access token';
    throw new Refusal(403, `Resource not accessible by ${holder}`, {
      headers: { 'x-accepted-github-permissions': accepted },
    });
  }
}

/** GitHub does not look at what says not who it is of. */
export function withoutUserAgent(): Reply {
  const text = `
Request forbidden by administrative rules. Please make sure your request has a User-Agent header.
`;
  return { status: 403, bytes: { type: 'text/html; charset=utf-8', content: Buffer.from(text) } };
}
