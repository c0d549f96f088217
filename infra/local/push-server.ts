import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Log } from '../../shared/log.ts';
import { gatewayEvent, writeReply } from './gateway.ts';
import { type HttpServer, startHttpServer } from './http-server.ts';

export interface PushServerOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** receive-push. */
  readonly receive: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
  readonly log: Log;
}

/**
 * Takes pushes as through API Gateway, and nothing else: this port may be open to registries.
 *
 * @throws SluiceError `config-invalid` where the port is taken
 */
export async function startPushServer({ port, receive, log }: PushServerOptions): Promise<HttpServer> {
  return startHttpServer(
    port,
    async (request, response, body) => writeReply(response, await receive(gatewayEvent(request, body))),
    log,
  );
}
