import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ApiRequest, openApiClient } from '../../../../infra/agent/cluster/client.ts';
import { type Cluster, openCluster } from '../../../../infra/agent/cluster/cluster.ts';
import { RETRY_LIMITS, type RetryOptions, retrying } from '../../../../infra/agent/cluster/retry.ts';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import { HttpClient } from '../../../../shared/http/client.ts';

const LIMITS = { ...RETRY_LIMITS, firstPauseMillis: 1, maxPauseMillis: 20 };
const ID = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'a' };
const MANIFEST = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } };

type Misbehaviour = (response: ServerResponse, request: IncomingMessage) => void;

const refuse =
  (status: number, message = 'no', headers: Record<string, string> = {}): Misbehaviour =>
  (response) =>
    response.writeHead(status, headers).end(JSON.stringify({ kind: 'Status', message, code: status }));
const reset: Misbehaviour = (response) => response.destroy();
const breakOff: Misbehaviour = (response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{');
  setTimeout(() => response.destroy(), 5);
};
const hang: Misbehaviour = () => {};

/** An API that does these one after the other to what is no discovery, then serves; and what it was asked for. */
async function misbehaving(faults: readonly Misbehaviour[], options: RetryOptions = {}, timeoutMillis = 150) {
  const left = [...faults];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/api/v1') {
      const resources = [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }];
      response.end(JSON.stringify({ resources }));
      return;
    }
    asked.push(`${request.method}`);
    const fault = left.shift();
    if (fault !== undefined) {
      fault(response, request);
      return;
    }
    const isList = request.url?.startsWith('/api/v1/configmaps');
    response.end(JSON.stringify(isList ? { metadata: {}, items: [MANIFEST] } : MANIFEST));
  });
  const { host, close } = await listenOnLoopback(server, 0);
  onTestFinished(async () => {
    server.closeAllConnections();
    await close();
  });
  const access = {
    server: `http://${host}`,
    defaultNamespace: 'shop',
    client: new HttpClient(),
    tls: {},
    headers: async () => ({}),
  };
  const ask = retrying(openApiClient(access, timeoutMillis), { limits: LIMITS, ...options });
  return { cluster: openCluster(access, timeoutMillis, ask), ask, asked };
}

const SAFE: readonly { what: string; work: (cluster: Cluster) => Promise<unknown> }[] = [
  { what: 'a read', work: async (cluster) => cluster.read(ID) },
  { what: 'a list', work: async (cluster) => cluster.list(ID) },
  { what: 'a server-side apply', work: async (cluster) => cluster.apply(MANIFEST) },
  { what: 'a deletion of one very object', work: async (cluster) => cluster.remove(ID, { uid: 'u' }) },
  { what: 'a deletion of one version', work: async (cluster) => cluster.remove(ID, { resourceVersion: '1' }) },
  { what: 'a deletion that is not kept', work: async (cluster) => cluster.remove(ID, { dryRun: true }) },
  { what: 'an edit that is not kept', work: async (cluster) => cluster.edit(ID, [], { dryRun: true }) },
  {
    what: 'an edit of one version',
    work: async (cluster) => cluster.edit(ID, [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }]),
  },
];
const PASSING: readonly { fault: string; faults: readonly Misbehaviour[] }[] = [
  { fault: 'too many requests at once', faults: [refuse(429)] },
  { fault: 'too many requests, with a time to wait', faults: [refuse(429, 'later', { 'retry-after': '1' })] },
  {
    fault: 'a time to wait that is a date',
    faults: [refuse(503, 'later', { 'retry-after': new Date().toUTCString() })],
  },
  { fault: 'a new leader of etcd', faults: [refuse(500, 'etcdserver: leader changed')] },
  { fault: 'etcd being slow', faults: [refuse(500, 'etcdserver: request timed out')] },
  { fault: 'etcd being away', faults: [refuse(500, 'rpc error: code = Unavailable desc = keepalive ping failed')] },
  { fault: 'a server that stops', faults: [refuse(503), refuse(502), refuse(504)] },
  { fault: 'a connection that breaks off before the answer', faults: [reset, reset] },
  { fault: 'a connection that breaks off in the answer', faults: [breakOff] },
  { fault: 'no answer in time', faults: [hang] },
  {
    fault: 'ten refusals with a time to wait',
    faults: Array.from({ length: 10 }, () => refuse(429, 'later', { 'retry-after': '0' })),
  },
];

describe('what may be done twice is asked for again', () => {
  test.each(SAFE.flatMap((safe) => PASSING.map((passing) => ({ ...safe, ...passing }))))(
    '$what after $fault',
    async ({ work, faults }) => {
      const { cluster, asked } = await misbehaving(faults);
      await work(cluster);
      expect(asked).toHaveLength(faults.length + 1);
    },
  );
});

describe('what may not be done twice is not', () => {
  test.each([
    { what: 'a deletion of whatever has the name', work: async (cluster: Cluster) => cluster.remove(ID) },
    {
      what: 'an edit of whatever is there',
      work: async (cluster: Cluster) => cluster.edit(ID, [{ op: 'remove', path: '/metadata/labels' }]),
    },
  ])('$what', async ({ work }) => {
    for (const { faults } of PASSING) {
      const { cluster, asked } = await misbehaving(faults);
      await expect(work(cluster)).rejects.toMatchObject({ retryable: true });
      expect(asked).toHaveLength(1);
    }
  });

  test.each(['POST', 'PUT'] as const)('a request by %s', async (method) => {
    const { ask, asked } = await misbehaving([refuse(429), reset]);
    expect(await ask({ method, path: '/api/v1/namespaces', body: {} })).toMatchObject({ status: 429 });
    await expect(ask({ method, path: '/api/v1/namespaces', body: {} })).rejects.toMatchObject({
      code: 'cluster-unreachable',
    });
    expect(asked).toEqual([method, method]);
  });
});

describe('what does not pass is told at once', () => {
  test.each([
    { what: 'a right that is missing', fault: refuse(403) },
    { what: 'a manifest that is not valid', fault: refuse(422) },
    { what: 'a conflict', fault: refuse(409) },
    { what: 'a fault of the server', fault: refuse(500, 'Internal error occurred: no') },
    {
      what: 'a webhook that is away',
      fault: refuse(500, 'Internal error occurred: failed calling webhook "w": code = Unavailable'),
    },
    {
      what: 'a webhook that took too long',
      fault: refuse(504, 'failed calling webhook "w": context deadline exceeded'),
    },
  ])('$what', async ({ fault }) => {
    const { cluster, asked } = await misbehaving([fault, fault]);
    await expect(cluster.apply(MANIFEST)).rejects.toMatchObject({ code: 'cluster-refused' });
    expect(asked).toHaveLength(1);
  });

  test('a place where no API ever was', async () => {
    const access = {
      server: 'http://127.0.0.1:1',
      defaultNamespace: 'shop',
      client: new HttpClient(),
      tls: {},
      headers: async () => ({}),
    };
    let tries = 0;
    const ask = retrying(
      async (question) => {
        tries += 1;
        return openApiClient(access, 1000)(question);
      },
      { limits: LIMITS },
    );
    await expect(ask({ path: '/api/v1' })).rejects.toMatchObject({ code: 'cluster-unreachable' });
    expect(tries).toBe(1);
  });
});

describe('the wait has an end', () => {
  const always = (status: number, retryAfter?: string): readonly Misbehaviour[] =>
    Array.from({ length: 50 }, () =>
      refuse(status, 'no', retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    );

  test.each([
    { name: 'after eleven tries where the server asks for patience', faults: always(429, '0'), tries: 11 },
    { name: 'after five where it only says that it cannot', faults: always(503), tries: 5 },
  ])('$name', async ({ faults, tries }) => {
    const { cluster, asked } = await misbehaving(faults);
    await expect(cluster.read(ID)).rejects.toMatchObject({ code: 'cluster-refused', retryable: true });
    expect(asked).toHaveLength(tries);
  });

  test('after five where the connection breaks: then the cluster is unreachable', async () => {
    const { cluster, asked } = await misbehaving(Array.from({ length: 50 }, () => reset));
    await expect(cluster.read(ID)).rejects.toMatchObject({ code: 'cluster-unreachable', retryable: true });
    expect(asked).toHaveLength(5);
  });

  test('before a pause that would be past the time for all tries', async () => {
    const limits = { ...LIMITS, maxPauseMillis: 10_000, withinMillis: 500 };
    const { cluster, asked } = await misbehaving(always(429, '3600'), { limits });
    await expect(cluster.read(ID)).rejects.toMatchObject({ code: 'cluster-refused' });
    expect(asked).toHaveLength(1);
  });

  test('as soon as the process is to end', async () => {
    const end = new AbortController();
    const limits = { ...LIMITS, firstPauseMillis: 30_000, maxPauseMillis: 30_000 };
    const { cluster, asked } = await misbehaving(always(503), { limits, ended: () => [end.signal] });
    const reading = cluster.read(ID);
    await expect.poll(() => asked.length).toBe(1);
    end.abort();
    await expect(reading).rejects.toMatchObject({ code: 'cluster-refused' });
    expect(asked).toHaveLength(1);
  });

  test('with leadership, which each try asks for', async () => {
    let mayWrite = 2;
    const lost = new SluiceError({ code: 'leadership-lost', subject: 'replica', found: 'lost' });
    const { ask, asked } = await misbehaving(always(429));
    const guarded = async (question: ApiRequest) => {
      mayWrite -= 1;
      if (mayWrite < 0) {
        throw lost;
      }
      return ask({ ...question, method: 'POST' });
    };
    const question = { method: 'PATCH', path: '/a', contentType: 'application/apply-patch+yaml', body: {} } as const;
    await expect(retrying(guarded, { limits: LIMITS })(question)).rejects.toBe(lost);
    expect(asked).toHaveLength(2);
  });
});

test('a deletion whose answer was lost is done, though another of its name is there by now', async () => {
  const { cluster, asked } = await misbehaving([reset, refuse(409, 'the UID in the precondition is another')]);
  await expect(cluster.remove(ID, { uid: 'u' })).resolves.toBeUndefined();
  expect(asked).toEqual(['DELETE', 'DELETE', 'GET']);
});

test('a deletion that meets another object at its first try is refused', async () => {
  const { cluster } = await misbehaving([refuse(409, 'the UID in the precondition is another')]);
  await expect(cluster.remove(ID, { uid: 'u' })).rejects.toMatchObject({ code: 'cluster-refused' });
});

describe('a list whose place was lost', () => {
  const page =
    (name: string, next?: string): Misbehaviour =>
    (response) =>
      response.end(
        JSON.stringify({
          metadata: { ...(next !== undefined && { continue: next }) },
          items: [{ metadata: { name } }],
        }),
      );
  const expired =
    (next?: string): Misbehaviour =>
    (response) =>
      response.writeHead(410).end(JSON.stringify({ kind: 'Status', message: 'too old', metadata: { continue: next } }));

  test.each([
    {
      name: 'goes on where the server says',
      faults: [page('a', 'p1'), expired('p2'), page('b')],
      expected: ['a', 'b'],
    },
    {
      name: 'starts anew where it does not',
      faults: [page('a', 'p1'), expired(), page('a', 'q1'), page('b')],
      expected: ['a', 'b'],
    },
  ])('$name', async ({ faults, expected }) => {
    const { cluster, asked } = await misbehaving(faults);
    expect((await cluster.list(ID)).map(({ metadata }) => metadata.name)).toEqual(expected);
    expect(asked).toHaveLength(faults.length);
  });

  test.each([
    { name: 'at its very start is refused', faults: [expired()], asks: 1 },
    {
      name: 'again and again is refused in the end',
      faults: Array.from({ length: 50 }, () => [page('a', 'p'), expired()]).flat(),
      asks: 22,
    },
  ])('$name', async ({ faults, asks }) => {
    const { cluster, asked } = await misbehaving(faults);
    await expect(cluster.list(ID)).rejects.toMatchObject({ code: 'cluster-refused', found: 'too old' });
    expect(asked).toHaveLength(asks);
  });
});
