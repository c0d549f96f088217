import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Host, Reply } from './api.ts';
import type { Operation } from './operations.ts';
import { rateLimitHeaders } from './rate-limit.ts';

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Below `/api/v3`, still encoded, without the query; `/graphql` for `/api/graphql`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The newest is not what is taken where none is asked for. */
export const API_VERSIONS = ['2022-11-28', '2026-03-10'];

/** With the headers of every reply; what the caller has already costs nothing. */
export function counted({ rateLimit }: Host, wire: WireRequest, operation: Operation | undefined, reply: Reply): Reply {
  const content = JSON.stringify(reply.body ?? null);
  const who = `${wire.headers.authorization ?? ''} ${wire.headers.accept ?? ''}`;
  const etag = `W/"${createHash('sha256').update(`${who} ${content}`).digest('hex')}"`;
  const isTaggable = wire.method === 'GET' && reply.status === 200 && reply.bytes === undefined;
  const isSame = isTaggable && (wire.headers['if-none-match'] ?? '').split(/, */).includes(etag);
  const isFree = isSame || operation?.path === '/rate_limit' || rateLimit.used >= rateLimit.limit;
  rateLimit.used += isFree ? 0 : 1;
  const permission = operation?.permission ?? 'metadata=read';
  const headers = {
    ...(isTaggable && { etag, 'cache-control': 'private, max-age=60, s-maxage=60' }),
    'x-github-api-version-selected': String(wire.headers['x-github-api-version'] ?? API_VERSIONS[0]),
    'x-github-media-type': 'github.v3; format=json',
    'x-accepted-github-permissions': permission,
    ...rateLimitHeaders(rateLimit),
    ...reply.headers,
  };
  return isSame ? { status: 304, headers } : { ...reply, headers };
}
