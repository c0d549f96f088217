import { afterEach, describe, expect, test } from 'vitest';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import type { RegistryCredentials } from '../../shared/registry/authentication.ts';
import { openRegistry } from '../../shared/registry/client.ts';
import { waitFor } from '../cluster/daemon.ts';
import { makeImage, pushImage } from '../cluster/images.ts';
import { type DockerRegistry, startDockerRegistry } from '../cluster/registry.ts';
import { startTokenServer } from '../cluster/token-server.ts';

const credentials = { username: 'pusher', password: 'a secret: with a colon' };
const wrong = { username: 'pusher', password: 'wrong' };
const created = new Date('2026-11-01T10:00:00Z');
const CREATED = '2026-11-01T10:00:00.000Z';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) {
    await end();
  }
});

function ending<T extends { stop(): Promise<void> }>(part: T): T {
  ends.push(async () => part.stop());
  return part;
}

function clientOf({ host }: DockerRegistry, own?: RegistryCredentials) {
  return openRegistry({ host, insecure: true, credentials: own, cache: memoryCache(), now: Date.now });
}

/** What is asked of the registry while the work is done. */
async function requestsOf(registry: DockerRegistry, work: () => Promise<unknown>): Promise<readonly string[]> {
  const mark = async (name: string) => {
    // The log is written after the reply: what is before a mark of our own is there once that is.
    await fetch(`${registry.url}/v2/?${name}`);
    const at = () => registry.requests().findIndex(({ target }) => target === `/v2/?${name}`);
    return waitFor(name, () => (at() < 0 ? undefined : { at: at() }), { timeoutMillis: 5000 });
  };
  const name = `mark-${performance.now()}`;
  const start = await mark(`${name}-start`);
  await work();
  const end = await mark(`${name}-end`);
  return registry
    .requests()
    .slice(start.at + 1, end.at)
    .map(({ method, target, status }) => `${method} ${target.replace(/sha256:[0-9a-f]{64}/, 'DIGEST')} ${status}`);
}

describe('a registry that is open to all', () => {
  test.each([{ format: 'oci' }, { format: 'v2s2' }] as const)(
    'tells digest and time of a $format image',
    async ({ format }) => {
      const registry = ending(await startDockerRegistry());
      const image = await makeImage({ created });
      const digest = await pushImage(registry.host, 'team/hello', '1.0.0', image, { format });
      const client = clientOf(registry);
      expect(await client.image('team/hello', '1.0.0', { created: false })).toEqual({ tag: '1.0.0', digest });
      expect(await client.image('team/hello', '1.0.0', { created: true })).toEqual({
        tag: '1.0.0',
        digest,
        created: CREATED,
      });
      expect(await client.image('team/hello', digest, { created: true })).toEqual({
        tag: digest,
        digest,
        created: CREATED,
      });
    },
  );

  test('lists its tags', async () => {
    const registry = ending(await startDockerRegistry());
    const image = await makeImage({ created });
    for (const tag of ['1.0.0', 'main', '1.0.0-rc.1_x']) {
      await pushImage(registry.host, 'hello', tag, image);
    }
    expect([...(await clientOf(registry).tags('hello'))].sort()).toEqual(['1.0.0', '1.0.0-rc.1_x', 'main']);
  });

  test.each([
    { what: 'tag', repository: 'hello', tag: 'none' },
    { what: 'repository', repository: 'none', tag: '1.0.0' },
    { what: 'digest', repository: 'hello', tag: `sha256:${'0'.repeat(64)}` },
  ])('says that there is no such $what', async ({ repository, tag }) => {
    const registry = ending(await startDockerRegistry());
    await pushImage(registry.host, 'hello', '1.0.0', await makeImage({ created }));
    for (const needs of [{ created: false }, { created: true }]) {
      await expect(clientOf(registry).image(repository, tag, needs)).rejects.toMatchObject({
        code: 'registry-not-found',
        message:
          `${registry.host}/${repository}:${tag}: expected an image, found none (status 404). ` +
          'If it was just pushed, the next sweep finds it.',
      });
    }
  });

  test('has no tags of a repository that is not there', async () => {
    const registry = ending(await startDockerRegistry());
    await expect(clientOf(registry).tags('none')).rejects.toMatchObject({ code: 'registry-not-found' });
  });
});

describe('the number of requests', () => {
  test.each([{ tags: 3 }, { tags: 300 }])('is the same with $tags tags', async ({ tags }) => {
    const registry = ending(await startDockerRegistry());
    const image = await makeImage({ created });
    const digest = await pushImage(registry.host, 'hello', 'tag-1', image);
    await tagMany(registry, 'hello', digest, tags);
    const client = clientOf(registry);
    expect(await client.tags('hello')).toHaveLength(tags);
    const needs = { created: true };
    expect(await requestsOf(registry, async () => client.image('hello', 'tag-1', { created: false }))).toEqual([
      'HEAD /v2/hello/manifests/tag-1 200',
    ]);
    expect(await requestsOf(registry, async () => client.image('hello', 'tag-1', needs))).toEqual([
      'GET /v2/hello/manifests/tag-1 200',
      'GET /v2/hello/blobs/DIGEST 200',
    ]);
    expect(await requestsOf(registry, async () => client.image('hello', 'tag-2', needs))).toEqual([
      'GET /v2/hello/manifests/tag-2 200',
    ]);
  });
});

/** Puts the same manifest under more tags, `tag-2` and so on. */
async function tagMany({ url }: DockerRegistry, repository: string, digest: string, tags: number): Promise<void> {
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const reply = await fetch(`${url}/v2/${repository}/manifests/${digest}`, { headers: { accept: type } });
  const body = await reply.text();
  for (let tag = 2; tag <= tags; tag += 1) {
    const target = `${url}/v2/${repository}/manifests/tag-${tag}`;
    const put = await fetch(target, { method: 'PUT', headers: { 'content-type': type }, body });
    expect(put.status).toBe(201);
  }
}

describe('a registry with passwords', () => {
  test('is opened by the right one; the others are told what to do', async () => {
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'htpasswd', ...credentials } }));
    const digest = await pushImage(registry.host, 'hello', '1.0.0', await makeImage({ created }), { credentials });
    const client = clientOf(registry, credentials);
    expect(await client.image('hello', '1.0.0', { created: true })).toEqual({ tag: '1.0.0', digest, created: CREATED });
    expect(await client.tags('hello')).toEqual(['1.0.0']);
    for (const [own, found] of [
      [wrong, 'status 401'],
      [undefined, 'no credentials'],
    ] as const) {
      await expect(clientOf(registry, own).image('hello', '1.0.0', { created: true })).rejects.toMatchObject({
        code: 'registry-unauthorized',
        retryable: false,
        message:
          `registry ${registry.host} repository hello: expected credentials that may pull, found ${found}. ` +
          'Check the credentials of this registry in sluice.yml.',
      });
    }
  });
});

describe('a registry with a token server', () => {
  test.each([
    { who: 'with our credentials', own: credentials, account: 'pusher' },
    { who: 'anonymously', own: undefined, account: '' },
  ])('is read $who with one token for all calls', async ({ own, account }) => {
    const server = ending(await startTokenServer({ ...credentials, anonymousPull: true }));
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'token', server } }));
    const digest = await pushImage(registry.host, 'team/hello', '1.0.0', await makeImage({ created }), { credentials });
    const granted = server.grants().length;
    const client = clientOf(registry, own);
    const expected = { tag: '1.0.0', digest, created: CREATED };
    const calls = Array.from({ length: 5 }, async () => client.image('team/hello', '1.0.0', { created: true }));
    expect(await Promise.all(calls)).toEqual(calls.map(() => expected));
    expect(await client.tags('team/hello')).toEqual(['1.0.0']);
    expect(server.grants().slice(granted)).toEqual([
      { account, access: [{ type: 'repository', name: 'team/hello', actions: ['pull'] }] },
    ]);
  });

  test.each([
    { who: 'wrong credentials', own: wrong, found: 'status 401 of its token service' },
    { who: 'no credentials', own: undefined, found: 'status 401 of its token service' },
  ])('is closed to $who', async ({ own, found }) => {
    const server = ending(await startTokenServer(credentials));
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'token', server } }));
    await expect(clientOf(registry, own).image('hello', '1.0.0', { created: false })).rejects.toMatchObject({
      code: 'registry-unauthorized',
      message:
        `registry ${registry.host} repository hello: expected credentials that may pull, found ${found}. ` +
        'Check the credentials of this registry in sluice.yml.',
    });
  });

  test('a token that has expired is asked for anew', async () => {
    const server = ending(await startTokenServer({ ...credentials, lifetimeSeconds: 11 }));
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'token', server } }));
    await pushImage(registry.host, 'hello', '1.0.0', await makeImage({ created }), { credentials });
    let time = Date.now();
    const { host } = registry;
    const client = openRegistry({ host, insecure: true, credentials, cache: memoryCache(), now: () => time });
    await client.tags('hello');
    const granted = server.grants().length;
    time += 1000;
    expect(await client.tags('hello')).toEqual(['1.0.0']);
    expect(server.grants()).toHaveLength(granted + 1);
  });
});
