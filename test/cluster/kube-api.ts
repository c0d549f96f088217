import { Agent, fetch } from 'undici';

/** One request; `body` is sent as JSON unless it is a string, `contentType` defaults to `application/json`. */
interface KubeRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly contentType?: string;
  /** Bearer token to use instead of the administrator's. */
  readonly token?: string;
}

/** What the API server answered: the status code and the parsed JSON, or the text where it is none. */
interface KubeReply {
  readonly status: number;
  readonly body: unknown;
}

/** The few bits of an object that the suites address it by. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** A raw client of one API server: it verifies the server's certificate, retries nothing and caches nothing. */
export interface KubeApi {
  /** Sends one request and returns whatever came back; throws only when no reply came. */
  request(path: string, request?: KubeRequest): Promise<KubeReply>;
  /** GETs a path; throws unless the status is 2xx. */
  get(path: string): Promise<unknown>;
  /** Creates an object below a collection's path; throws unless the status is 2xx. */
  create(collectionPath: string, object: KubeObject): Promise<unknown>;
  /** Server-side apply at an object's path as `fieldManager`; throws unless the status is 2xx. */
  apply(path: string, object: KubeObject, fieldManager?: string): Promise<unknown>;
  /** Drops the open connections, watches included; safe to call twice. */
  close(): Promise<void>;
}

/** Makes a client for `https://127.0.0.1:PORT` out of its address, a bearer token and the CA in PEM. */
export function kubeApi(url: string, token: string, certificateAuthority: string): KubeApi {
  const dispatcher = new Agent({ connect: { ca: certificateAuthority } });

  const request = async (path: string, options: KubeRequest = {}): Promise<KubeReply> => {
    const { method = 'GET', body, contentType = 'application/json' } = options;
    const reply = await fetch(`${url}${path}`, {
      method,
      dispatcher,
      headers: {
        authorization: `Bearer ${options.token ?? token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.includes('json') ?? false;
    return { status: reply.status, body: isJson ? JSON.parse(text) : text };
  };
  const succeed = async (path: string, options: KubeRequest = {}): Promise<unknown> => {
    const reply = await request(path, options);
    if (reply.status >= 200 && reply.status < 300) return reply.body;
    throw new Error(
      `${options.method ?? 'GET'} ${path}: expected 2xx, got ${reply.status}: ${JSON.stringify(reply.body)}`,
    );
  };
  return {
    request,
    get: (path) => succeed(path),
    create: (collectionPath, object) => succeed(collectionPath, { method: 'POST', body: object }),
    apply: (path, object, fieldManager = 'sluice-test') =>
      succeed(`${path}?fieldManager=${encodeURIComponent(fieldManager)}&force=true`, {
        method: 'PATCH',
        body: object,
        // JSON is YAML, and this media type is the one that every served version accepts.
        contentType: 'application/apply-patch+yaml',
      }),
    close: () => dispatcher.destroy(),
  };
}
