import { AwsClient } from 'aws4fetch';

/** An AWS endpoint that is spoken to without a client of its own for each service. */
export interface AwsApi {
  /** A service of the JSON protocol: `json('AWSEvents.ListRules', 'events', {})`. */
  json<T>(target: string, service: string, body: object): Promise<T>;
  /** A service of the Query protocol, asked for JSON: `query('iam', '2010-05-08', 'ListRoles', {})`. */
  query<T>(service: string, version: string, action: string, parameters?: Readonly<Record<string, string>>): Promise<T>;
  /** A service of the REST protocol. */
  rest<T>(service: string, path: string, method?: string, body?: object): Promise<T>;
  /** What lies in S3. */
  object(bucket: string, key: string): Promise<Buffer>;
  /** The names of all buckets. */
  buckets(): Promise<readonly string[]>;
}

/** The region that the tests deploy to, and the account that moto pretends. */
export const REGION = 'eu-central-1';
export const ACCOUNT = '123456789012';

/** @throws Error with the reply's text where a call is refused */
export function awsApi(endpoint: string, region = REGION): AwsApi {
  const client = new AwsClient({ accessKeyId: 'test', secretAccessKey: 'test', region, retries: 0 });
  const call = async (service: string, path: string, init: RequestInit = {}) => {
    const reply = await client.fetch(`${endpoint}${path}`, { ...init, aws: { service } });
    if (!reply.ok) {
      throw new Error(`${service} ${init.method ?? 'GET'} ${path}: status ${reply.status}: ${await reply.text()}`);
    }
    return reply;
  };
  return {
    async json<T>(target: string, service: string, body: object) {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      const text = await (await call(service, '/', { method: 'POST', headers, body: JSON.stringify(body) })).text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async query<T>(service: string, version: string, action: string, parameters = {}) {
      const form = new URLSearchParams({ Action: action, Version: version, ContentType: 'JSON', ...parameters });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const reply = await (await call(service, '/', { method: 'POST', headers, body: form.toString() })).json();
      return (reply as Record<string, Record<string, T>>)[`${action}Response`]?.[`${action}Result`] as T;
    },
    async rest<T>(service: string, path: string, method = 'GET', body?: object) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const text = await (await call(service, path, { method, ...sent })).text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async object(bucket, key) {
      const path = key.split('/').map(encodeURIComponent).join('/');
      return Buffer.from(await (await call('s3', `/${bucket}/${path}`)).arrayBuffer());
    },
    async buckets() {
      const xml = await (await call('s3', '/')).text();
      return [...xml.matchAll(/<Name>([^<]+)/g)].map(([, name = '']) => name);
    },
  };
}
