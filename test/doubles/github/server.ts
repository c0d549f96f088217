import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import type { FaultPlan, TakenRequest } from '../../fakes/fault.ts';
import type { Host } from './api.ts';
import { type App, newApp } from './app.ts';
import { newCodeload } from './archive.ts';
import { answerApi } from './endpoint.ts';
import { gitOverHttp } from './git-over-http.ts';
import type { PackageVersion } from './package-version.ts';
import { type Person, personAt } from './people.ts';
import { newRateLimit, type RateLimit } from './rate-limit.ts';
import { openRepositories } from './repositories.ts';
import type { Repository } from './repository.ts';
import { serving, servingDirectly, type Watch } from './serving.ts';

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
  /** All that were taken, those for archives and those of git too. */
  readonly requests: TakenRequest[];
  plan: FaultPlan;
  /** What goes against GitHub's published description; nothing, if all is well. */
  readonly violations: string[];
  readonly app: App;
  readonly rateLimit: RateLimit;
  /** The versions of each container, by `acme/hello`, in the order in which they came: the registry itself is elsewhere. */
  readonly packages: Map<string, readonly PackageVersion[]>;
  /** A repository that is on disk, with its settings. */
  repository(name: string): Repository;
  /** Renames it, on disk too: the old name only points to the new one from then on. */
  rename(from: string, to: string): void;
  /** Somebody at work on it by hand. */
  person(name: string): Person;
  /** From now on no token of an installation is good any more. */
  expireTokens(): void;
  stop(): Promise<void>;
}

/** Starts a double of GitHub on loopback; it keeps its state in the repositories and in memory. */
export async function startGitHubDouble({ directory, now = Date.now }: GitHubDoubleOptions): Promise<GitHubDouble> {
  const app = newApp();
  const rateLimit = newRateLimit(now());
  const watch: { -readonly [Key in keyof Watch]: Watch[Key] } = {
    requests: [],
    violations: [],
    plan: () => undefined,
    working: new Set(),
  };
  const codeload = newCodeload(watch.violations);
  const archives = await listenOnLoopback(createServer(serving(watch, async (request) => codeload.answer(request))), 0);
  const server = createServer();
  const { host: address, close } = await listenOnLoopback(server, 0);
  const url = `http://${address}`;
  const repositories = openRepositories(directory);
  const { find, all } = repositories;
  const packages = new Map<string, readonly PackageVersion[]>();
  let ids = 1000;
  const host: Host = {
    api: `${url}/api/v3`,
    web: url,
    now,
    app,
    rateLimit,
    packages,
    nextId: () => (ids += 1),
    find,
    movedTo: repositories.movedTo,
    findById: (id) => all().find((one) => one.id === id),
    pulls: () => all().flatMap((repository) => repository.pulls.map((pull) => ({ repository, pull }))),
    download: (repository, ref) => codeload.address(`http://${archives.host}`, repository, ref),
  };
  const answerRest = serving(watch, async (request, body) => {
    return answerApi(host, wireOf(request, url, body), watch.violations);
  });
  const answerGit = servingDirectly(watch, gitOverHttp(directory, host));
  server.on('request', (request, response) => {
    const isApi = request.url?.startsWith('/api/') === true;
    (isApi ? answerRest : answerGit)(request, response);
  });

  const known = (name: string): Repository => {
    const repository = find(name);
    if (repository === undefined) {
      throw new Error(`There is no repository ${name} on disk.`);
    }
    return repository;
  };
  return {
    url,
    codeload: `http://${archives.host}`,
    requests: watch.requests,
    get plan() {
      return watch.plan;
    },
    set plan(plan: FaultPlan) {
      watch.plan = plan;
    },
    violations: watch.violations,
    app,
    rateLimit,
    packages,
    repository: known,
    rename: repositories.rename,
    person: (name) => personAt(host, known(name)),
    expireTokens() {
      for (const token of app.tokens.values()) {
        token.expiresAt = now();
      }
    },
    async stop() {
      await Promise.all([close(), archives.close()]);
      await Promise.all(watch.working);
    },
  };
}

function wireOf({ method = 'GET', url = '/', headers }: IncomingMessage, origin: string, body: Buffer) {
  const { pathname, searchParams: query } = new URL(url, origin);
  return { method, path: pathname.replace(/^\/api(\/v3)?/, ''), query, headers, body };
}
