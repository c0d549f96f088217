import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readBody } from '../../local/gateway.ts';
import { listenOnLoopback } from '../../local/loopback.ts';
import { faultOf } from './manifest.ts';
import { type NotificationEndpoint, startNotifier } from './notifications.ts';
import { isDigest, RegistryStore } from './store.ts';

export interface LocalRegistryOptions {
  readonly directory: string;
  /** A free one where it is left out. */
  readonly port?: number;
}

export interface LocalRegistry {
  /** As images name it: `127.0.0.1:PORT`. */
  readonly host: string;
  /** Tells this endpoint of pushes from now on. */
  notify(endpoint: NotificationEndpoint): void;
  stop(): Promise<void>;
}

interface Exchange {
  readonly store: RegistryStore;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly repository: string;
  /** The last part of the path: a tag, a digest, an upload. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly host: string;
  readonly tell: (event: object) => void;
}

type Answer = (exchange: Exchange) => Promise<void>;

const NAME = '(?<repository>[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*)';

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints, as far as push and pull need it. */
const ROUTES: readonly (readonly [method: RegExp, path: RegExp, answer: Answer])[] = [
  [/^GET$/, /^\/v2\/$/, async ({ response }) => void response.writeHead(200).end('{}')],
  [/^GET$/, new RegExp(`^/v2/${NAME}/tags/list$`), listTags],
  [/^(GET|HEAD)$/, new RegExp(`^/v2/${NAME}/manifests/(?<reference>[^/]+)$`), getManifest],
  [/^PUT$/, new RegExp(`^/v2/${NAME}/manifests/(?<reference>[^/]+)$`), putManifest],
  [/^(GET|HEAD)$/, new RegExp(`^/v2/${NAME}/blobs/(?<reference>sha256:[0-9a-f]{64})$`), getBlob],
  [/^POST$/, new RegExp(`^/v2/${NAME}/blobs/uploads/$`), beginUpload],
  [/^PATCH$/, new RegExp(`^/v2/${NAME}/blobs/uploads/(?<reference>[0-9a-f-]+)$`), appendUpload],
  [/^PUT$/, new RegExp(`^/v2/${NAME}/blobs/uploads/(?<reference>[0-9a-f-]+)$`), finishUpload],
];

/** A small image registry on loopback that tells of pushes as Docker's registry does. For trying Sluice. */
export async function startLocalRegistry({ directory, port = 0 }: LocalRegistryOptions): Promise<LocalRegistry> {
  const store = await RegistryStore.open(directory);
  const notifier = startNotifier();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    for (const [method, path, handle] of ROUTES) {
      const match = path.exec(url.pathname);
      if (match !== null && method.test(request.method ?? '')) {
        const { repository = '', reference = '' } = match.groups ?? {};
        const host = request.headers.host ?? '';
        await handle({
          store,
          request,
          response,
          repository,
          reference,
          query: url.searchParams,
          host,
          tell: (event) => notifier.tell(event),
        });
        return;
      }
    }
    refuse(response, 404, 'UNSUPPORTED', 'no such endpoint');
  };
  const { host, close } = await listenOnLoopback(server, port);
  return {
    host,
    notify: (endpoint) => notifier.add(endpoint),
    async stop() {
      await notifier.stop();
      await close();
    },
  };
}

async function listTags({ store, response, repository, query }: Exchange): Promise<void> {
  const all = await store.tags(repository);
  if (all === undefined) {
    return refuse(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
  }
  const last = query.get('last') ?? '';
  const left = all.filter((tag) => tag > last);
  const n = Number(query.get('n') ?? Number.POSITIVE_INFINITY);
  if (!(n > 0)) {
    return refuse(response, 400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested');
  }
  const tags = left.slice(0, n);
  const more = `</v2/${repository}/tags/list?n=${n}&last=${tags.at(-1)}>; rel="next"`;
  response.writeHead(200, { 'content-type': 'application/json', ...(left.length > n ? { link: more } : {}) });
  response.end(JSON.stringify({ name: repository, tags }));
}

async function getManifest({ store, request, response, repository, reference }: Exchange): Promise<void> {
  const found = await store.manifest(repository, reference);
  if (found === undefined) {
    return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  }
  response.writeHead(200, {
    'content-type': found.mediaType,
    'content-length': found.content.length,
    'docker-content-digest': found.digest,
  });
  response.end(request.method === 'HEAD' ? undefined : found.content);
}

async function putManifest({ store, request, response, repository, reference, host, tell }: Exchange): Promise<void> {
  const content = await readBody(request);
  const mediaType = request.headers['content-type'] ?? '';
  if (content === undefined) {
    return refuse(response, 413, 'SIZE_INVALID', 'manifest too large');
  }
  const fault = await faultOf(store, repository, reference, content);
  if (fault !== undefined) {
    return refuse(response, 400, fault.code, fault.message);
  }
  const digest = await store.putManifest(repository, reference, mediaType, content);
  const location = `/v2/${repository}/manifests/${digest}`;
  response.writeHead(201, { location, 'docker-content-digest': digest }).end();
  tell({
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action: 'push',
    target: {
      mediaType,
      digest,
      size: content.length,
      repository,
      url: `http://${host}${location}`,
      ...(isDigest(reference) ? {} : { tag: reference }),
    },
    request: {
      id: randomUUID(),
      addr: '127.0.0.1',
      host,
      method: 'PUT',
      useragent: request.headers['user-agent'] ?? '',
    },
    actor: {},
    source: { addr: host, instanceID: 'local' },
  });
}

async function getBlob({ store, request, response, reference }: Exchange): Promise<void> {
  const bytes = await store.blobBytes(reference);
  if (bytes === undefined) {
    return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  }
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': bytes,
    'docker-content-digest': reference,
  };
  response.writeHead(200, headers);
  if (request.method === 'HEAD') {
    response.end();
  } else {
    store.readBlob(reference).pipe(response);
  }
}

async function beginUpload(exchange: Exchange): Promise<void> {
  const id = await exchange.store.beginUpload();
  const digest = exchange.query.get('digest');
  if (digest !== null) {
    return endUpload(exchange, id, digest);
  }
  exchange.response.writeHead(202, { location: `/v2/${exchange.repository}/blobs/uploads/${id}`, range: '0-0' }).end();
}

async function appendUpload({ store, request, response, repository, reference }: Exchange): Promise<void> {
  const bytes = await store.appendUpload(reference, request);
  if (bytes === undefined) {
    return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  }
  const location = `/v2/${repository}/blobs/uploads/${reference}`;
  response.writeHead(202, { location, range: `0-${Math.max(0, bytes - 1)}` }).end();
}

async function finishUpload(exchange: Exchange): Promise<void> {
  return endUpload(exchange, exchange.reference, exchange.query.get('digest') ?? '');
}

async function endUpload(
  { store, request, response, repository }: Exchange,
  id: string,
  digest: string,
): Promise<void> {
  if ((await store.appendUpload(id, request)) === undefined) {
    return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  }
  if (!isDigest(digest) || !(await store.finishUpload(id, digest))) {
    return refuse(response, 400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  }
  const location = `/v2/${repository}/blobs/${digest}`;
  response.writeHead(201, { location, 'docker-content-digest': digest }).end();
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message, detail: {} }] }));
}
