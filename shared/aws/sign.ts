// Signed here and by no library, since every function signs while it is cold. aws4fetch signs by `crypto.subtle`
// (`importKey` in its `hmac`), and Node loads that at the first use: 0.2 s of the processor against 0.003.
// @smithy/signature-v4 takes its helpers from @smithy/core: 140 KB, where all of receive-push is 270, and 0.05 s. Both
// agree with this file, as AWS's own examples do: test/unit/aws/sign.test.ts.
import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A POST to a service of AWS, as its signature has it. */
export interface Unsigned {
  readonly url: URL;
  /** By names in lower case, without `host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** As signatures name it. */
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers of a request with its Signature Version 4.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders({ url, headers, body, service, region, credentials, at }: Unsigned) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  // 20150830T123600Z
  const time = new Date(at).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const all: Readonly<Record<string, string>> = {
    ...headers,
    host: url.host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(all).toSorted();
  const signed = names.join(';');
  const lines = names.map((name) => `${name}:${all[name]}`);
  const request = ['POST', url.pathname, '', ...lines, '', signed, sha256(body)].join('\n');
  const scope = [day, region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, [ALGORITHM, time, scope.join('/'), sha256(request)].join('\n')).toString('hex');
  return {
    ...all,
    authorization: `${ALGORITHM} Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
