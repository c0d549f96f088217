import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { openRegistry, type RegistryOptions } from '../../../shared/registry/client.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { listen } from '../../cluster/listener.ts';

/** One request as a scripted server got it. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
}

export interface Answer {
  /** 200 where it is left out. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but text and bytes is sent as JSON. */
  readonly body?: unknown;
}

/** What a server says; `hangs` never says anything. */
export type Script = (asked: Asked) => Answer | 'hangs';

export interface ScriptedServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly asked: readonly Asked[];
}

/** An HTTP server on loopback that answers as a test says, and ends with it. */
export async function start(script: Script): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    const one = { method, target, authorization: headers.authorization, accept: headers.accept };
    asked.push(one);
    const answer = script(one);
    if (answer !== 'hangs') {
      response
        .writeHead(answer.status ?? 200, answer.headers)
        .end(method === 'HEAD' ? undefined : bytesOf(answer.body));
    }
  });
  const listener = await listen(server);
  onTestFinished(async () => listener.close());
  return { url: listener.url, host: new URL(listener.url).host, asked };
}

function bytesOf(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null);
}

/** A client of that server, with a clock that stands still. */
export function clientOf({ host }: Pick<ScriptedServer, 'host'>, options: Partial<RegistryOptions> = {}): Registry {
  const now = () => Date.UTC(2026, 10, 24, 10);
  return openRegistry({ host, insecure: true, cache: memoryCache(now), now, timeoutMillis: 5000, ...options });
}

/** `sha256:…` of what is sent for this. */
export function digestOf(body: unknown): string {
  return `sha256:${createHash('sha256').update(bytesOf(body)).digest('hex')}`;
}

const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';

/** An image with its config blob, as a registry keeps them. */
export function imageOf(created: string | undefined) {
  const config = { architecture: 'amd64', os: 'linux', ...(created === undefined ? {} : { created }) };
  const manifest = { schemaVersion: 2, config: { mediaType: IMAGE_CONFIG, digest: digestOf(config) }, layers: [] };
  return { config, manifest, digest: digestOf(manifest) };
}

/** A registry's script for manifests by tag or digest, and blobs by digest, below `/v2/hello/`. */
export function serving(manifests: Readonly<Record<string, unknown>>, blobs: readonly unknown[] = []): Script {
  const kept = new Map<string, { readonly body: unknown; readonly digest?: string }>();
  for (const [reference, body] of Object.entries(manifests)) {
    kept.set(`/v2/hello/manifests/${reference}`, { body, digest: digestOf(body) });
  }
  for (const body of blobs) {
    kept.set(`/v2/hello/blobs/${digestOf(body)}`, { body });
  }
  return ({ target }) => {
    const found = kept.get(target);
    if (found === undefined) {
      return { status: 404, body: { errors: [{ code: 'MANIFEST_UNKNOWN' }] } };
    }
    const headers = found.digest === undefined ? {} : { 'docker-content-digest': found.digest };
    return { body: found.body, headers };
  };
}
