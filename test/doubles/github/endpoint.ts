import type { IncomingHttpHeaders } from 'node:http';
import { actorOf, canSee, checkAllowed, withoutUserAgent } from './access.ts';
import type { Actor, Host, Reply, RepositoryRequest } from './api.ts';
import { answerGraphql } from './graphql.ts';
import { isRecord } from './json.ts';
import { checkRateLimit } from './rate-limit.ts';
import { errorBody, notFound, Refusal } from './refusal.ts';
import type { Repository } from './repository.ts';
import { isEmpty } from './revisions.ts';
import { type Route, routeOf } from './routes.ts';
import { openValidator } from './validation.ts';
import { API_VERSIONS, counted, type WireRequest } from './wire.ts';

const ACCEPTED = /^(\*\/\*|application\/(\*|json|vnd\.github(\.[\w-]+)*(\+json)?))$/;

/** Answers a request to the API as GitHub does, and notes what goes against its description. */
export async function answerApi(host: Host, wire: WireRequest, violations: string[]): Promise<Reply> {
  if (wire.headers['user-agent'] === undefined) {
    return withoutUserAgent();
  }
  let route: Route | undefined;
  let reply: Reply;
  try {
    checkRateLimit(host.rateLimit, host.now());
    checkHeaders(wire.headers);
    const actor = actorOf(host, wire.headers);
    if (wire.path === '/graphql' && wire.method === 'POST') {
      return counted(host, wire, undefined, answerGraphql(host, actor, bodyOf(wire.body), violations));
    }
    route = routeOf(wire.method, ofKnownName(host, wire.path));
    if (route === undefined) {
      note(violations, [`${wire.method} ${wire.path}: is not part of the description that the double serves`]);
      throw notFound();
    }
    reply = await answerRoute(host, wire, route, actor, violations);
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    reply = { status: error.status, body: errorBody(error.status, error.message, error.more), headers: error.headers };
  }
  if (route !== undefined && reply.bytes === undefined) {
    const { method, path } = route.operation;
    note(violations, openValidator().reply(method, path, reply.status, reply.body));
  }
  return counted(host, wire, route?.operation, reply);
}

async function answerRoute(
  host: Host,
  wire: WireRequest,
  route: Route,
  actor: Actor,
  violations: string[],
): Promise<Reply> {
  const { operation, params, ofRepository, ofAll } = route;
  const parsed = bodyOf(wire.body);
  const { query } = wire;
  const faults = openValidator().request(operation.method, operation.path, { params, query, body: parsed });
  note(violations, faults);
  const body = isRecord(parsed) ? parsed : {};
  const request = { host, actor, params, query, body, accept: wire.headers.accept ?? '*/*' };
  if (ofAll !== undefined) {
    return refuseInvalid(faults) ?? ofAll(request);
  }
  const name = params['repo'] ?? '';
  const movedTo = host.movedTo(name);
  const repository = params['owner']?.toLowerCase() === 'acme' ? host.find(movedTo ?? name) : undefined;
  const isInstallation = operation.path.endsWith('/installation');
  if (repository === undefined || ofRepository === undefined || !(isInstallation || canSee(actor, repository))) {
    throw notFound();
  }
  if (movedTo !== undefined) {
    return moved(host, wire, repository);
  }
  if (operation.permission !== undefined) {
    checkAllowed(actor, operation.permission);
    if (repository.settings.archived && wire.method !== 'GET') {
      throw new Refusal(403, 'Repository was archived so is read-only.');
    }
  }
  await checkNotEmpty(operation.path, repository);
  return refuseInvalid(faults) ?? ofRepository({ ...request, repository } satisfies RepositoryRequest);
}

/** Each is noted once: a fault of a list is one for each of its items, and comes again with each request. */
function note(violations: string[], faults: readonly string[]): void {
  violations.push(...new Set(faults.filter((fault) => !violations.includes(fault))));
}

function refuseInvalid(faults: readonly string[]): undefined {
  const [fault] = faults;
  if (fault !== undefined) {
    throw new Refusal(422, `Invalid request.\n\n${fault}`);
  }
}

async function checkNotEmpty(path: string, { git }: Repository): Promise<void> {
  const needsCommits = path.includes('/git/') || path.endsWith('/commits');
  if (needsCommits && (await isEmpty(git))) {
    throw new Refusal(409, 'Git Repository is empty.');
  }
}

/** The new place goes by the number of the repository, which stays. */
function moved(host: Host, { method, path, query }: WireRequest, { id }: Repository): Reply {
  const rest = path.split('/').slice(4).join('/');
  const search = query.size > 0 ? `?${query.toString()}` : '';
  const location = `${host.api}/repositories/${id}${rest === '' ? '' : `/${rest}`}${search}`;
  const isRead = method === 'GET';
  const status = isRead ? 301 : 307;
  const message = isRead ? 'Moved Permanently' : 'Temporary Redirect';
  return {
    status,
    body: { message, url: location, documentation_url: 'https://docs.github.com/rest' },
    headers: { location },
  };
}

/** `/repositories/1/…` is another way to write `/repos/acme/NAME/…`. */
function ofKnownName(host: Host, path: string): string {
  return path.replace(/^\/repositories\/(\d+)/, (whole, id: string) => {
    const repository = host.findById(Number(id));
    return repository === undefined ? whole : `/repos/acme/${encodeURIComponent(repository.name)}`;
  });
}

function checkHeaders({ accept = '*/*', ...headers }: IncomingHttpHeaders): void {
  const version = headers['x-github-api-version'];
  if (version !== undefined && !API_VERSIONS.includes(String(version))) {
    throw new Refusal(400, `The API version ${String(version)} is not supported.`);
  }
  const kinds = accept.split(',').map((kind) => kind.split(';')[0]?.trim() ?? '');
  if (!kinds.some((kind) => ACCEPTED.test(kind))) {
    throw new Refusal(415, `Unsupported 'Accept' header: '${accept}'. Must accept 'application/json'.`);
  }
}

function bodyOf(bytes: Buffer): unknown {
  if (bytes.length === 0) {
    return undefined;
  }
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}
