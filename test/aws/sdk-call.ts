import type { IncomingHttpHeaders } from 'node:http';
import { ACCOUNT, REGION } from './aws-api.ts';

/** One request to AWS, as IAM would look at it. */
export interface SdkCall {
  /** Whose access key signed it: a function's name, or undefined where the test itself did. */
  readonly caller: string | undefined;
  /** As in the credential's scope: `sqs`, `dynamodb`, `ssm`, `secretsmanager`, `ecr`, `lambda`. */
  readonly service: string;
  /** `SendMessageBatch` */
  readonly action: string;
  /** ARN of what it is done to; `*` where the request names nothing. */
  readonly resources: readonly string[];
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Named {
  readonly QueueUrl?: string;
  readonly TableName?: string;
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly SecretId?: string;
}

/**
 * Reads service, action and resource from a request.
 *
 * @param callerOf whose an access key id is
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
export function readSdkCall(
  { method, path, headers, body }: Request,
  callerOf: (accessKeyId: string) => string | undefined,
): SdkCall {
  const [, accessKeyId = '', service = ''] =
    /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const caller = callerOf(accessKeyId);
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const resources = namedBy(service, JSON.parse(body.toString('utf8')) as Named);
    return { caller, service, action: target.split('.').at(-1) ?? target, resources };
  }
  const invoked = /^\/2015-03-31\/functions\/([^/?]+)\/invocations/.exec(path)?.[1];
  if (invoked !== undefined) {
    const name = decodeURIComponent(invoked).split(':').at(-1);
    return { caller, service: 'lambda', action: 'Invoke', resources: [arn('lambda', `function:${name}`)] };
  }
  const action = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(body.toString('utf8')).get('Action')
    : undefined;
  return { caller, service, action: action ?? `${method} ${path}`, resources: ['*'] };
}

function namedBy(service: string, { QueueUrl, TableName, Name, Names, SecretId }: Named): readonly string[] {
  if (QueueUrl !== undefined) {
    return [arn('sqs', QueueUrl.split('/').at(-1) ?? '')];
  }
  if (TableName !== undefined) {
    return [arn('dynamodb', `table/${TableName}`)];
  }
  if (SecretId !== undefined) {
    return [SecretId.startsWith('arn:') ? SecretId : arn('secretsmanager', `secret:${SecretId}`)];
  }
  const names = Names ?? (Name === undefined ? [] : [Name]);
  return service === 'ssm' && names.length > 0
    ? names.map((name) => arn('ssm', `parameter/${name.replace(/^\//, '')}`))
    : ['*'];
}

function arn(service: string, rest: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
}
