import type { IncomingMessage } from 'node:http';
import { notFound, Refusal } from './answer.ts';
import type { Project, Projects } from './projects.ts';
import { type User, userOf } from './users.ts';

/** Who asks by the API; undefined without a token. */
export function apiUser({ headers }: IncomingMessage): User | undefined {
  const token = headers['private-token'] ?? /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) {
    return undefined;
  }
  const user = userOf(String(token));
  if (user === undefined) {
    throw new Refusal(401, { message: '401 Unauthorized' });
  }
  return user;
}

/** Who asks by git: any name, and a token for a password. */
export function gitUser({ headers }: IncomingMessage): User | undefined {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return userOf(text.slice(text.indexOf(':') + 1));
}

/** Refuses a token that has too little. */
export function refuseScope({ scopes }: User, needed: 'read' | 'write'): void {
  if (needed === 'write' && !scopes.includes('api')) {
    throw new Refusal(403, {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges than provided by the access token.',
      scope: 'api',
    });
  }
}

/** The project of a request; one that is hidden is not there. */
export function projectFor(projects: Projects, id: string, request: Moving): Project {
  const to = projects.moved.get(id);
  const project = projects.find(to ?? id);
  if (project === undefined || project.hidden) {
    throw notFound('Project');
  }
  if (to === undefined) {
    return project;
  }
  if (request.method !== 'GET') {
    throw new Refusal(405, { message: 'Non GET methods are not allowed for moved projects' });
  }
  const location = new URL(request.url);
  location.pathname = location.pathname.replace(/\/projects\/[^/]+/, `/projects/${project.id}`);
  throw new Refusal(301, { message: `This resource has been moved to ${location.href}` }, { location: location.href });
}

interface Moving {
  readonly method: string;
  readonly url: URL;
}
