import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerByHttpBackend } from '../../../infra/demo/git-server/http-backend.ts';
import { actorOf, canSee, isAllowed } from './access.ts';
import type { Host } from './api.ts';
import { Refusal } from './refusal.ts';
import type { Repository } from './repository.ts';

/** Serves plain Git at `/acme/NAME.git`; the password is the token, whatever the name of the user. */
export function gitOverHttp(
  directory: string,
  host: Host,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const { url: path = '/' } = request;
    const [, name = '', rest = ''] = /^\/acme\/([^/]+?)(?:\.git)?(\/.*)$/.exec(path) ?? [];
    const moved = host.movedTo(name);
    if (moved !== undefined) {
      response.writeHead(301, { location: `${host.web}/acme/${moved}.git${rest}` }).end();
      return;
    }
    const status = refusal(host, request, host.find(name), path.includes('git-receive-pack'));
    if (status !== undefined) {
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {}).end();
      return;
    }
    request.url = `/${name}.git${rest}`;
    answerByHttpBackend(directory, 'github', request, response);
  };
}

/** The status by which git is turned away; undefined where it may go on. */
function refusal(
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
    return isPush && (repository.settings.archived || !isAllowed(actor, 'contents=write')) ? 403 : undefined;
  } catch (error) {
    if (error instanceof Refusal) {
      return 401;
    }
    throw error;
  }
}
