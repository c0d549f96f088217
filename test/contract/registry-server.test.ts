import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { type LocalRegistry, startLocalRegistry } from '../../infra/demo/registry/server.ts';
import { listen } from '../cluster/listener.ts';
import { describeRegistryServer } from './registry-server.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
});
afterEach(async () => rm(directory, { recursive: true }));

describeRegistryServer('of the demo', async (notify) => {
  const registry = await startLocalRegistry({ directory });
  registry.notify(notify);
  return registry;
});

describe('registry of the demo, where Docker has no one way', () => {
  const push = async ({ host }: LocalRegistry, tag: string) =>
    pushImage({ registry: `http://${host}`, repository: 'hello', tag, created: new Date(0), content: 'hello' });

  test('tags come in pages of the length asked for, each with the way to the next', async () => {
    const registry = await startLocalRegistry({ directory });
    for (const tag of ['c', 'a', 'b']) {
      await push(registry, tag);
    }
    const list = async (query: string) => {
      const reply = await fetch(`http://${registry.host}/v2/hello/tags/list${query}`);
      return [reply.status, await reply.json(), reply.headers.get('link')];
    };
    const next = '</v2/hello/tags/list?n=2&last=b>; rel="next"';
    expect(await list('?n=2')).toEqual([200, { name: 'hello', tags: ['a', 'b'] }, next]);
    expect(await list('?n=2&last=b')).toEqual([200, { name: 'hello', tags: ['c'] }, null]);
    expect(await list('?n=3')).toEqual([200, { name: 'hello', tags: ['a', 'b', 'c'] }, null]);
    expect(await list('?last=aa')).toEqual([200, { name: 'hello', tags: ['b', 'c'] }, null]);
    for (const n of ['0', '-1', 'many']) {
      const errors = [{ code: 'PAGINATION_NUMBER_INVALID', message: expect.any(String), detail: {} }];
      expect(await list(`?n=${n}`)).toEqual([400, { errors }, null]);
    }
    await registry.stop();
  });

  test('images are there when it is started again', async () => {
    const before = await startLocalRegistry({ directory });
    const digest = await push(before, '1');
    await before.stop();
    const after = await startLocalRegistry({ directory });
    const reply = await fetch(`http://${after.host}/v2/hello/manifests/1`, { method: 'HEAD' });
    expect(reply.headers.get('docker-content-digest')).toBe(digest);
    await after.stop();
  });

  test('it stops while somebody it tells does not answer', async () => {
    const registry = await startLocalRegistry({ directory });
    const asked = Promise.withResolvers<void>();
    const silent = await listen(createServer(() => asked.resolve()));
    registry.notify({ url: silent.url, headers: {} });
    await push(registry, '1');
    await asked.promise;
    await registry.stop();
    await expect(fetch(`http://${registry.host}/v2/`)).rejects.toThrow('fetch failed');
    await silent.close();
  });
});

describe('pushing an image', () => {
  test.each([
    { what: 'a registry that refuses', status: 401 },
    { what: 'a registry that fails', status: 503 },
  ])('to $what says so', async ({ status }) => {
    const listener = await listen(createServer((_, response) => response.writeHead(status).end()));
    const registry = listener.url;
    const image = { registry, repository: 'hello', tag: '1', created: new Date(0), content: '' };
    await expect(pushImage(image)).rejects.toMatchObject({
      code: 'registry-unavailable',
      message: `registry ${registry}: expected status 202, found ${status}`,
    });
    await listener.close();
  });
});
