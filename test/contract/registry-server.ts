import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { openRegistry } from '../../shared/registry/client.ts';
import type { Registry } from '../../shared/registry/port.ts';
import { type Listener, listen } from '../cluster/listener.ts';
import { bearer, DISTRIBUTION_SECRET, openFrontDoor } from '../unit/receive-push/front-door.ts';

export interface OpenedRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  stop(): Promise<void>;
}

interface Told {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CREATED = new Date('2026-11-01T10:00:00.000Z');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/**
 * What the demo's registry does as Docker's does, seen by our own client and by receive-push.
 *
 * @param open starts a registry that anybody may use, and that tells this URL of pushes with these headers
 */
export function describeRegistryServer(
  name: string,
  open: (notify: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }) => Promise<OpenedRegistry>,
) {
  describe(`registry ${name}`, () => {
    const told: Told[] = [];
    /** What the next deliveries are answered; 202 when there are no more. */
    let statuses: number[] = [];
    let listener: Listener;
    let registry: OpenedRegistry;
    let client: Registry;
    const push = async (tag: string, content = tag, repository = 'team/hello') =>
      pushImage({ registry: `http://${registry.host}`, repository, tag, created: CREATED, content });
    const ask = async (path: string, init: RequestInit = {}) => fetch(`http://${registry.host}/v2/${path}`, init);

    beforeEach(async () => {
      told.length = 0;
      statuses = [];
      const server = createServer(async (request, response) => {
        told.push({ headers: request.headers as Record<string, string>, body: await text(request) });
        response.writeHead(statuses.shift() ?? 202).end();
      });
      listener = await listen(server);
      registry = await open({
        url: `${listener.url}/push/distribution`,
        headers: { Authorization: `Bearer ${DISTRIBUTION_SECRET}` },
      });
      client = openRegistry({ host: registry.host, insecure: true, cache: memoryCache(), now: Date.now });
    });
    afterEach(async () => {
      await registry.stop();
      await listener.close();
    });

    test('gives back what was pushed: digest, creation time, tags', async () => {
      const digest = await push('1.0.0');
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      const created = CREATED.toISOString();
      expect(await client.image('team/hello', '1.0.0', { created: false })).toEqual({ tag: '1.0.0', digest });
      expect(await client.image('team/hello', '1.0.0', { created: true })).toEqual({ tag: '1.0.0', digest, created });
      expect(await client.image('team/hello', digest, { created: true })).toEqual({ tag: digest, digest, created });
      expect(await client.tags('team/hello')).toEqual(['1.0.0']);
    });

    test('a tag moves, its siblings and the old image stay', async () => {
      const first = await push('latest', 'first');
      await push('1.0.0', 'first');
      const second = await push('latest', 'second');
      expect(second).not.toBe(first);
      const digests = ['latest', '1.0.0', first].map(async (tag) =>
        client.image('team/hello', tag, { created: false }),
      );
      expect((await Promise.all(digests)).map(({ digest }) => digest)).toEqual([second, first, first]);
      expect((await client.tags('team/hello')).toSorted()).toEqual(['1.0.0', 'latest']);
    });

    test('repositories are apart, however their names begin', async () => {
      await push('1', '1', 'hello');
      await push('2', '2', 'hello/world');
      await push('3', '3', 'hello-world');
      expect(await client.tags('hello')).toEqual(['1']);
      expect(await client.tags('hello/world')).toEqual(['2']);
      expect(await client.tags('hello-world')).toEqual(['3']);
    });

    test('two hundred tags are all listed', async () => {
      await push('t0');
      const reply = await ask('team/hello/manifests/t0', { headers: { accept: MANIFEST } });
      const body = await reply.text();
      const tags = Array.from({ length: 200 }, (_, index) => `t${index}`);
      for (const tag of tags) {
        const headers = { 'content-type': MANIFEST };
        expect((await ask(`team/hello/manifests/${tag}`, { method: 'PUT', headers, body })).status).toBe(201);
      }
      expect((await client.tags('team/hello')).toSorted()).toEqual(tags.toSorted());
    });

    test.each([
      { what: 'tags of an unknown repository', path: 'nobody/nothing/tags/list', code: 'NAME_UNKNOWN' },
      { what: 'a manifest of an unknown repository', path: 'nobody/nothing/manifests/1', code: 'MANIFEST_UNKNOWN' },
      { what: 'an unknown tag', path: 'team/hello/manifests/2', code: 'MANIFEST_UNKNOWN' },
      { what: 'an unknown digest', path: `team/hello/manifests/${NO_DIGEST}`, code: 'MANIFEST_UNKNOWN' },
      { what: 'an unknown blob', path: `team/hello/blobs/${NO_DIGEST}`, code: 'BLOB_UNKNOWN' },
    ])('404 for $what', async ({ path, code }) => {
      await push('1');
      const reply = await ask(path, { headers: { accept: MANIFEST } });
      expect(reply.status).toBe(404);
      expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
      const { errors } = (await reply.json()) as { errors: { code: string; message: string }[] };
      expect(errors).toEqual([expect.objectContaining({ code, message: expect.any(String) })]);
    });

    test('a tag that is not there is that to our client', async () => {
      await push('1');
      for (const created of [false, true]) {
        await expect(client.image('team/hello', '2', { created })).rejects.toMatchObject({
          code: 'registry-not-found',
          message: `${registry.host}/team/hello:2: expected an image, found none (status 404). If it was just pushed, the next sweep finds it.`,
        });
      }
    });

    test('a blob in chunks, and again by its digest', async () => {
      const begun = await ask('team/hello/blobs/uploads/', { method: 'POST' });
      expect(begun.status).toBe(202);
      let at = locationOf(begun);
      for (const chunk of ['hello ', 'world']) {
        const headers = { 'content-type': 'application/octet-stream' };
        const appended = await fetch(at, { method: 'PATCH', headers, body: chunk });
        expect(appended.status).toBe(202);
        at = locationOf(appended);
      }
      const digest = digestOf('hello world');
      at.searchParams.set('digest', digest);
      const finished = await fetch(at, { method: 'PUT' });
      expect([finished.status, finished.headers.get('docker-content-digest')]).toEqual([201, digest]);
      const head = await ask(`team/hello/blobs/${digest}`, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, '11']);
      expect(await (await ask(`team/hello/blobs/${digest}`)).text()).toBe('hello world');
    });

    test('a blob that is not what its digest says is refused, and is not there', async () => {
      const at = locationOf(await ask('team/hello/blobs/uploads/', { method: 'POST' }));
      at.searchParams.set('digest', NO_DIGEST);
      const refused = await fetch(at, { method: 'PUT', body: 'hello' });
      expect([refused.status, await codeOf(refused)]).toEqual([400, 'DIGEST_INVALID']);
      expect((await ask(`team/hello/blobs/${NO_DIGEST}`, { method: 'HEAD' })).status).toBe(404);
    });

    const lacking = JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: NO_DIGEST, size: 2 },
      layers: [],
    });
    test.each([
      { what: 'that is no JSON', reference: '1', body: '{', code: 'MANIFEST_INVALID' },
      { what: 'of another digest', reference: NO_DIGEST, body: lacking, code: 'DIGEST_INVALID' },
      { what: 'whose config is not there', reference: '1', body: lacking, code: 'MANIFEST_BLOB_UNKNOWN' },
    ])('a manifest $what is refused, and nobody is told', async ({ reference, body, code }) => {
      await push('before');
      const headers = { 'content-type': MANIFEST };
      const refused = await ask(`team/hello/manifests/${reference}`, { method: 'PUT', headers, body });
      expect([refused.status, await codeOf(refused)]).toEqual([400, code]);
      await push('after');
      const queued = await vi.waitFor(async () => taggedPushes(told, 2), { timeout: 10_000, interval: 20 });
      expect(queued).toEqual(['before', 'after']);
      expect((await client.tags('team/hello')).toSorted()).toEqual(['after', 'before']);
    });

    test('tells of pushes in a form that receive-push takes: each tag once, with its digest and our name for it', async () => {
      const digests = [await push('1.0.0'), await push('1.0.1')];
      await vi.waitFor(async () => taggedPushes(told, 2), { timeout: 10_000, interval: 20 });
      const door = openFrontDoor([{ host: registry.host, source: 'distribution', secret: DISTRIBUTION_SECRET }]);
      for (const { headers, body } of told) {
        expect(headers['authorization']).toBe(bearer['authorization']);
        expect(headers['content-type']).toBe('application/vnd.docker.distribution.events.v1+json');
        expect(await door.deliver({ headers, body })).toMatchObject({ statusCode: 202 });
      }
      const queued = await door.queued();
      expect(queued).toMatchObject(
        ['1.0.0', '1.0.1'].map((tag, index) => ({
          source: 'distribution',
          registry: registry.host,
          repository: 'team/hello',
          tag,
          digest: digests[index],
        })),
      );
      expect(new Set(queued.map(({ id }) => id)).size).toBe(2);
      // A reason that is not of interest, never an event that could not be read.
      for (const { reason } of door.lines.filter(({ message }) => message === 'push ignored')) {
        expect(reason).toMatch(/^(a push to team\/hello without a tag|action (pull|mount))$/);
      }
    });

    test('tells again until it is taken, in order and with the same id', async () => {
      statuses = [500, 503, 401];
      await push('1.0.0');
      await push('1.0.1');
      expect(await vi.waitFor(async () => taggedPushes(told, 2), { timeout: 15_000, interval: 20 })).toEqual([
        '1.0.0',
        '1.0.1',
      ]);
      const [first, ...others] = told.slice(0, 4).map(({ body }) => body);
      expect(others).toEqual([first, first, first]);
    });
  });
}

/** The tags of the pushes that were told of, each event counted once; throws while there are fewer than so many. */
function taggedPushes(told: readonly Told[], atLeast: number): readonly string[] {
  const events = told.flatMap(({ body }) => (JSON.parse(body) as { events: ToldEvent[] }).events);
  const pushes = new Map(
    events.flatMap(({ id, action, target: { tag } }) => (action === 'push' && tag !== undefined ? [[id, tag]] : [])),
  );
  expect(pushes.size).toBeGreaterThanOrEqual(atLeast);
  return [...pushes.values()];
}

interface ToldEvent {
  readonly id: string;
  readonly action: string;
  readonly target: { readonly tag?: string };
}

function locationOf(reply: Response): URL {
  return new URL(reply.headers.get('location') ?? '', reply.url);
}

async function codeOf(reply: Response): Promise<string | undefined> {
  return ((await reply.json()) as { errors: { code: string }[] }).errors[0]?.code;
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
