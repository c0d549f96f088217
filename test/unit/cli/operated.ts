import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { gatewayEvent, writeReply } from '../../../infra/local/gateway.ts';
import { type HttpServer, startHttpServer } from '../../../infra/local/http-server.ts';
import { answerInvoke, type InvocableFunction, invokedFunction } from '../../../infra/local/lambda-api.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import { answerOperation, type Operations } from '../../../shared/operator/operations.ts';
import { recordingLog } from '../../fakes/recording.ts';

/** What a function of the stage offers; one that throws, or one that answers what it likes; undefined: none of that name. */
export type Offer = Operations | ((payload: unknown, qualifier: string | undefined) => unknown) | undefined;

export interface OperatedOptions {
  /** By their ends: `sweep`. */
  readonly offers?: Partial<Record<FunctionName, Offer>>;
  /** What names begin with on AWS: `sluice-prod-`. */
  readonly prefix?: string;
  /** Answers what is no Invoke: a push URL, or another operation of Lambda's API. */
  readonly other?: (event: APIGatewayProxyEventV2) => APIGatewayProxyStructuredResultV2;
}

const NAMES: readonly FunctionName[] = ['receive-push', 'evaluate-policy', 'commit-image', 'sweep', 'report-apply'];

/** Lambda's API on loopback, with functions that answer their operator; each has nothing to say if not told otherwise. */
export async function startOperated({ offers = {}, prefix = '', other }: OperatedOptions = {}): Promise<HttpServer> {
  const invocable = NAMES.flatMap((name) => {
    const offer = name in offers ? offers[name] : { checks: [] };
    if (offer === undefined) {
      return [];
    }
    const invoke = async (payload: unknown, qualifier: string | undefined) =>
      typeof offer === 'function' ? offer(payload, qualifier) : answerOperation(payload, async () => offer);
    return [[`${prefix}${name}`, { invoke }] as const];
  });
  const functions: ReadonlyMap<string, InvocableFunction> = new Map(invocable);
  return startHttpServer(
    0,
    (request, response, body) => {
      const name = invokedFunction(request);
      return name === undefined
        ? writeReply(response, other?.(gatewayEvent(request, body)) ?? { statusCode: 404 })
        : answerInvoke(request, response, body, functions.get(name));
    },
    recordingLog().log,
  );
}
