import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a service of AWS answers: an object, or an error by its name. */
export type AwsAnswer = Readonly<Record<string, unknown>> | { readonly error: string; readonly message: string };

/** A call as it came: `AmazonSSM.GetParameter`, and what was asked for. */
export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
}

export interface AwsService {
  /** Options for a client of AWS. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  readonly calls: readonly AwsCall[];
  stop(): void;
}

/** Speaks AWS's JSON 1.1 protocol on loopback: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export async function startAwsService(answer: (call: AwsCall) => AwsAnswer): Promise<AwsService> {
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
    client: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    },
    calls,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
