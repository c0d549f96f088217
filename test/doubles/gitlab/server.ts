import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { answerByHttpBackend } from '../../../infra/demo/git-server/http-backend.ts';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';
import type { Fault, FaultPlan, TakenRequest } from '../../fakes/fault.ts';
import { apiUser, gitUser, projectFor, refuseScope } from './access.ts';
import { type Answer, notFound, Refusal } from './answer.ts';
import { counter, type Limits } from './limits.ts';
import { type Project, projectsOf } from './projects.ts';
import { routeOf } from './routes.ts';
import { send } from './send.ts';

export interface GitLabDoubleOptions {
  /** Holds bare repositories: `NAME.git` is the project `acme/NAME`, and `acme/team/NAME`. */
  readonly directory: string;
  /** Milliseconds since the epoch, for rate limits. */
  readonly now?: () => number;
}

export interface GitLabDouble {
  /** `http://127.0.0.1:PORT`; the API is at `/api/v4`, and git at `/acme/NAME.git`. */
  readonly url: string;
  /** What was asked, the oldest first; may be cleared. */
  readonly requests: TakenRequest[];
  /** What breaks the published description, in requests and in replies. */
  readonly violations: string[];
  plan: FaultPlan;
  /** Requests that a minute allows; none where they are left out. */
  readonly limits: Limits;
  /** A project by its path, to look at and to change; throws where there is none. */
  project(path: string): Project;
  /** Lets a project be found by an old path, as GitLab does after a move. */
  move(from: string, to: string): void;
  stop(): Promise<void>;
}

const API = '/api/v4/';

/** A double of GitLab's REST API on bare repositories: https://docs.gitlab.com/api/rest/ */
export async function startGitLabDouble(options: GitLabDoubleOptions): Promise<GitLabDouble> {
  const { directory, now = Date.now } = options;
  const projects = projectsOf(directory);
  const limits: Limits = {};
  const limiter = counter(limits, now);
  const requests: TakenRequest[] = [];
  const violations: string[] = [];

  const serve = async (request: IncomingMessage, url: URL, origin: string): Promise<Answer> => {
    const { method = 'GET' } = request;
    const content = await text(request);
    const route = routeOf(method, url.pathname.slice(API.length));
    if (route === undefined) {
      violations.push(`${method} ${url.pathname}: no such endpoint`);
      throw new Refusal(404, { error: '404 Not Found' });
    }
    const user = apiUser(request);
    if (user === undefined) {
      // All projects are private; whether one is there is not told.
      throw route.at['id'] === undefined ? new Refusal(401, { message: '401 Unauthorized' }) : notFound('Project');
    }
    refuseScope(user, route.endpoint.scope);
    const headers = limiter.headers();
    const id = route.at['id'];
    const project = id === undefined ? projects.none : projectFor(projects, id, { method, url });
    if (route.endpoint.path.includes('archive')) {
      limiter.archive();
    }
    const call = { project, at: route.at, query: url.searchParams, body: bodyOf(request, content), user, origin, url };
    const answer = await route.endpoint.serve(call, (what) => violations.push(what));
    return { ...answer, headers: { ...headers, ...answer.headers } };
  };

  const answer = async (request: IncomingMessage, url: URL, fault: Fault | undefined): Promise<Answer | undefined> => {
    const isLate = fault?.kind === 'cut' || (fault !== undefined && fault.afterWork === true);
    const work = async () =>
      serve(request, url, double.url).catch((error: unknown) => {
        if (error instanceof Refusal) {
          return error.answer;
        }
        violations.push(`the double itself: ${String(error)}`);
        return { status: 500, body: { message: '500 Internal Server Error' } };
      });
    const done = fault === undefined || isLate ? await work() : undefined;
    if (fault?.kind === 'status') {
      return { status: fault.status, body: { message: `${fault.status} injected` }, headers: fault.headers ?? {} };
    }
    return fault?.kind === 'hang' ? undefined : done;
  };

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url: path = '/' } = request;
    const url = new URL(path, double.url);
    if (!url.pathname.startsWith(API)) {
      answerGit(directory, request, response);
      return;
    }
    const fault = double.plan({ method, path });
    const said = await answer(request, url, fault);
    requests.push({ method, path, status: said?.status ?? 0 });
    if (said !== undefined) {
      send(method, said, fault?.kind === 'cut', response);
    }
  };

  const server = createServer((request, response) => void respond(request, response));
  const { host, close } = await listenOnLoopback(server, 0);
  const double: GitLabDouble = {
    url: `http://${host}`,
    requests,
    violations,
    plan: () => undefined,
    limits,
    project(path) {
      const project = projects.find(path);
      if (project === undefined) {
        throw new Error(`no project ${path}`);
      }
      return project;
    },
    move: (from, to) => void projects.moved.set(from, to),
    stop: close,
  };
  return double;
}

function bodyOf({ headers }: IncomingMessage, content: string): unknown {
  if (content === '') {
    return {};
  }
  if (headers['content-type'] !== 'application/json') {
    throw new Refusal(406, { error: 'The requested content-type is not supported.' });
  }
  try {
    return JSON.parse(content);
  } catch {
    throw new Refusal(400, { error: 'Problems parsing JSON' });
  }
}

/** Plain Git over HTTP, by `/acme/NAME.git` and `/acme/team/NAME.git`. */
function answerGit(directory: string, request: IncomingMessage, response: ServerResponse): void {
  const user = gitUser(request);
  if (user === undefined) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitLab"' }).end('HTTP Basic: Access denied');
    return;
  }
  if (request.url?.includes('git-receive-pack') === true && !user.scopes.includes('api')) {
    response.writeHead(403).end('You are not allowed to push code to this project.');
    return;
  }
  request.url = (request.url ?? '/').replace(/^\/acme\/(team\/)?([^/]+?)(\.git)?\//, '/$2.git/');
  answerByHttpBackend(directory, user.username, request, response);
}
