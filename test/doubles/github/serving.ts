import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Fault, FaultPlan, TakenRequest } from '../../fakes/fault.ts';
import type { Reply } from './api.ts';
import { faultReply, writeReply } from './reply.ts';

/** What is kept of each request, and what is done to it. */
export interface Watch {
  readonly requests: TakenRequest[];
  readonly violations: string[];
  readonly plan: FaultPlan;
  /** What is being answered; it reads repositories whether or not somebody still waits for it. */
  readonly working: Set<Promise<void>>;
}

/** Serves what gives a reply, with the faults that are planned. */
export function serving(
  watch: Watch,
  answer: (request: IncomingMessage, body: Buffer) => Promise<Reply>,
): RequestListener {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url: path = '/' } = request;
    const fault = watch.plan({ method, path });
    const body = await bodyOf(request);
    const reply = isWorking(fault) ? await answer(request, body) : undefined;
    const shown = underFault(fault, reply);
    watch.requests.push({ method, path, status: shown?.status ?? 0 });
    if (shown !== undefined) {
      writeReply(response, shown, fault?.kind === 'cut');
    }
  };
  return (request, response) => {
    const work = serve(request, response)
      .catch((error: unknown) => failLoudly(watch, request, response, error))
      .finally(() => watch.working.delete(work));
    watch.working.add(work);
  };
}

/**
 * Serves what writes its reply itself: a fault stands in for it, always before the work.
 */
export function servingDirectly(
  watch: Watch,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): RequestListener {
  return (request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const fault = watch.plan({ method, path });
    if (fault === undefined) {
      response.on('finish', () => watch.requests.push({ method, path, status: response.statusCode }));
      try {
        answer(request, response);
      } catch (error) {
        failLoudly(watch, request, response, error);
      }
      return;
    }
    request.resume();
    const shown = fault.kind === 'status' ? faultReply(fault.status, fault.headers) : undefined;
    watch.requests.push({ method, path, status: shown?.status ?? 0 });
    if (shown !== undefined) {
      writeReply(response, shown);
    } else if (fault.kind === 'cut') {
      response.destroy();
    }
  };
}

function isWorking(fault: Fault | undefined): boolean {
  return fault === undefined || fault.kind === 'cut' || fault.afterWork === true;
}

/** Undefined where nothing is to be answered. */
function underFault(fault: Fault | undefined, reply: Reply | undefined): Reply | undefined {
  if (fault?.kind === 'status') {
    return faultReply(fault.status, fault.headers);
  }
  return fault?.kind === 'hang' ? undefined : reply;
}

/** A fault of the double itself fails the test that asserts no violations. */
function failLoudly(
  { violations }: Watch,
  { method, url }: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const found = error instanceof Error ? (error.stack ?? error.message) : String(error);
  violations.push(`${method} ${url}: the double failed: ${found}`);
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
