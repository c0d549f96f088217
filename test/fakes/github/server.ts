import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { answerByHttpBackend } from '../../../infra/local/git-server/http-backend.ts';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import type { Fault, FaultPlan, TakenRequest } from '../fault.ts';
import { actorOf, canSee, canWrite } from './access.ts';
import type { Host, Reply } from './api.ts';
import { type App, newApp } from './app.ts';
import { newCodeload } from './archive.ts';
import { answerApi } from './endpoint.ts';
import { gitAt } from './git.ts';
import { newRateLimit, type RateLimit } from './rate-limit.ts';
import { Refusal } from './refusal.ts';
import { faultReply, writeReply } from './reply.ts';
import { newRepository, type Repository } from './repository.ts';

export interface GitHubDoubleOptions {
  /** Holds the bare repositories, `NAME.git`; one may be put there at any time. */
  readonly directory: string;
  /** Milliseconds since 1970; the clock of this machine where it is left out. */
  readonly now?: () => number;
}

/** A GitHub Enterprise Server of one organisation, `acme`. */
export interface GitHubDouble {
  /** `http://127.0.0.1:PORT`; the API is at `/api/v3`, and Git at `/acme/NAME.git`. */
  readonly url: string;
  /** The other origin, where archives are. */
  readonly codeload: string;
  /** All that were answered, those for archives and those of git too. */
  readonly requests: TakenRequest[];
  plan: FaultPlan;
  /** What goes against GitHub's published description; nothing, if all is well. */
  readonly violations: string[];
  readonly app: App;
  readonly rateLimit: RateLimit;
  /** A repository that is on disk. */
  repository(name: string): Repository;
  stop(): Promise<void>;
}

/** Starts a double of GitHub on loopback. */
export async function startGitHubDouble({ directory, now = Date.now }: GitHubDoubleOptions): Promise<GitHubDouble> {
  const backend = `${execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()}/git-http-backend`;
  const repositories = new Map<string, Repository>();
  const violations: string[] = [];
  const requests: TakenRequest[] = [];
  const codeload = newCodeload(violations);
  let ids = 100;
  const find: Host['find'] = (name) => {
    const known = repositories.get(name);
    const git = known === undefined && /^[\w.-]+$/.test(name) ? gitAt(join(directory, `${name}.git`)) : undefined;
    if (git === undefined) {
      return known;
    }
    ids += 1;
    const repository = newRepository(ids, name, git);
    repositories.set(name, repository);
    return repository;
  };

  const work = async (request: IncomingMessage, body: Buffer): Promise<Reply> => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', double.url);
    const wire = { method: request.method ?? 'GET', path: pathname.slice('/api/v3'.length), query, body };
    return answerApi(host, { ...wire, headers: request.headers }, violations);
  };
  const serve = (answer: (request: IncomingMessage, body: Buffer) => Promise<Reply>) => {
    return async (request: IncomingMessage, response: ServerResponse) => {
      const { method = 'GET', url: path = '/' } = request;
      const noted = (status: number) => requests.push({ method, path, status });
      const fault = double.plan({ method, path });
      const body = await bodyOf(request);
      const isWorking = fault === undefined || fault.kind === 'cut' || fault.afterWork === true;
      const reply = isWorking ? await answer(request, body) : undefined;
      const shown = underFault(fault, reply);
      noted(shown?.status ?? 0);
      if (shown !== undefined) {
        writeReply(response, shown, fault?.kind === 'cut');
      }
    };
  };
  const server = createServer((request, response) => {
    const failed = (error: unknown) => failLoudly(response, violations, error);
    if (request.url?.startsWith('/api/') === true) {
      serve(work)(request, response).catch(failed);
      return;
    }
    try {
      answerGit(request, response);
    } catch (error) {
      failed(error);
    }
  });
  const archives = createServer((request, response) => {
    serve(async () => codeload.answer(request))(request, response).catch((error: unknown) =>
      failLoudly(response, violations, error),
    );
  });

  const answerGit = (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url: path = '/' } = request;
    const fault = double.plan({ method, path });
    response.on('finish', () => requests.push({ method, path, status: response.statusCode }));
    if (fault !== undefined) {
      const shown = underFault(fault, faultReply(200));
      if (shown !== undefined) {
        writeReply(response, shown, fault.kind === 'cut');
      }
      return;
    }
    const [, name = '', rest = ''] = /^\/acme\/([^/]+?)(?:\.git)?(\/.*)$/.exec(path) ?? [];
    const status = gitRefusal(host, request, find(decodeURIComponent(name)), path.includes('git-receive-pack'));
    if (status !== undefined) {
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {}).end();
      return;
    }
    request.url = `/${name}.git${rest}`;
    answerByHttpBackend(backend, directory, 'github', request, response);
  };

  const [listener, archiveListener] = await Promise.all([listenOnLoopback(server, 0), listenOnLoopback(archives, 0)]);
  const url = `http://${listener.host}`;
  const double: GitHubDouble = {
    url,
    codeload: `http://${archiveListener.host}`,
    requests,
    plan: () => undefined,
    violations,
    app: newApp(),
    rateLimit: newRateLimit(now()),
    repository(name) {
      const repository = find(name);
      if (repository === undefined) {
        throw new Error(`There is no repository ${name} on disk.`);
      }
      return repository;
    },
    async stop() {
      await Promise.all([listener.close(), archiveListener.close()]);
    },
  };
  const host: Host = {
    api: `${url}/api/v3`,
    web: url,
    codeload: double.codeload,
    now,
    app: double.app,
    rateLimit: double.rateLimit,
    nextId: () => (ids += 1),
    find,
    findById: (id) => [...repositories.values()].find((one) => one.id === id),
    download: (repository, ref) => codeload.address(double.codeload, repository, ref),
  };
  return double;
}

/** Undefined where nothing is to be answered. */
function underFault(fault: Fault | undefined, reply: Reply | undefined): Reply | undefined {
  if (fault?.kind === 'status') {
    return faultReply(fault.status, fault.headers);
  }
  return fault?.kind === 'hang' ? undefined : reply;
}

/** The status by which git is turned away; undefined where it may go on. */
function gitRefusal(
  host: Host,
  { headers }: IncomingMessage,
  repository: Repository | undefined,
  isPush: boolean,
): number | undefined {
  try {
    const actor = actorOf(host, headers);
    if (actor.kind === 'nobody') {
      return 401;
    }
    if (repository === undefined || !canSee(actor, repository)) {
      return 404;
    }
    return isPush && (repository.settings.archived || !canWrite(actor, 'contents=write')) ? 403 : undefined;
  } catch (error) {
    return error instanceof Refusal ? 401 : 500;
  }
}

/** A fault of the double itself fails the test that asserts no violations. */
function failLoudly(response: ServerResponse, violations: string[], error: unknown): void {
  violations.push(`the double failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (!response.headersSent) {
    response.writeHead(500);
  }
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
