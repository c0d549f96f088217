import { ACCOUNT } from './account.ts';
import { ARCHIVE } from './archive.ts';
import { BLOBS } from './blobs.ts';
import { BRANCHES } from './branches.ts';
import { COMMITS } from './commits.ts';
import { COMPARE } from './compare.ts';
import type { Endpoint } from './endpoint.ts';
import { FILES } from './files.ts';
import { MERGE } from './merge.ts';
import { MERGE_REQUESTS } from './merge-requests.ts';
import { STATUSES } from './statuses.ts';
import { TREE } from './tree.ts';

const ENDPOINTS: readonly Endpoint[] = [
  ...ACCOUNT,
  ...BLOBS,
  ...BRANCHES,
  ...COMPARE,
  ...ARCHIVE,
  ...FILES,
  ...TREE,
  ...COMMITS,
  ...MERGE_REQUESTS,
  ...MERGE,
  ...STATUSES,
];

const ROUTES = ENDPOINTS.map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
}));

/** The endpoint of a path below `/api/v4/`, and what its parts stand for; undefined for none. */
export function routeOf(method: string, path: string) {
  for (const { endpoint, pattern } of ROUTES) {
    const match = endpoint.method === method ? pattern.exec(path) : null;
    if (match !== null) {
      const parts = Object.entries(match.groups ?? {});
      return { endpoint, at: Object.fromEntries(parts.map(([name, value]) => [name, decodeURIComponent(value)])) };
    }
  }
  return undefined;
}
