import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AwsAccount, awsAccount } from '../../shared/aws/account.ts';

/** What a service of AWS answers: an object, or an error by its name. */
export type AwsAnswer = Readonly<Record<string, unknown>> | { readonly error: string; readonly message: string };

/** A call as it came: `AmazonSSM.GetParameter`, and what was asked for. */
export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
}

export interface ScriptedAws {
  /** An account all of whose services answer so. */
  readonly account: AwsAccount;
  readonly calls: readonly AwsCall[];
  stop(): void;
}

/** Speaks AWS's JSON 1.1 protocol on loopback: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export async function startAwsService(answer: (call: AwsCall) => AwsAnswer): Promise<ScriptedAws> {
  const calls: AwsCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers } = request;
      const input = JSON.parse(Buffer.concat(chunks).toString()) as Readonly<Record<string, unknown>>;
      const call = { operation: String(headers['x-amz-target']), input, headers };
      calls.push(call);
      const body = answer(call);
      const failure = 'error' in body ? { __type: body.error, message: body['message'] } : undefined;
      const status = failure === undefined ? 200 : failure.__type === 'InternalServerError' ? 500 : 400;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(failure ?? body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    account: awsAccount({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    }),
    calls,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
