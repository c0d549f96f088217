import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { openRegistry } from '../../shared/registry/client.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { type BenchRow, benchRow } from './row.ts';

/** Requests to the registry for one push, with few and with many tags; counts stand in the place of milliseconds. */
export async function benchRequests(): Promise<readonly BenchRow[]> {
  const few = await requestsWith(10);
  const many = await requestsWith(10_000);
  const how = 'requests in the log of docker-registry; the peer column has the same with 10,000 tags';
  return [
    benchRow('requests per push, 10 tags, image not seen before', how, few.cold, many.cold),
    benchRow('requests per push, 10 tags, current image known', how, few.warm, many.warm),
  ];
}

/** What a decision by age asks: the pushed tag and the current one. */
async function requestsWith(tags: number): Promise<{ readonly cold: number; readonly warm: number }> {
  const registry = await startDockerRegistry();
  try {
    const image = { registry: registry.url, repository: 'hello', created: new Date(), content: 'one' };
    await pushImage({ ...image, tag: 'current' });
    await pushImage({ ...image, tag: 'pushed', content: 'two' });
    await pushImage({ ...image, tag: 'next', content: 'three' });
    await copyTags(registry.url, tags - 3);
    const client = openRegistry({ host: registry.host, insecure: true, cache: memoryCache(), now: Date.now });
    const ask = async (pushed: string, current: string) => {
      const before = registry.requests().length;
      await client.image('hello', pushed, { created: true });
      await client.image('hello', current, { created: true });
      // The registry writes its log after the reply.
      await new Promise((resolve) => {
        setTimeout(resolve, 300);
      });
      return registry.requests().length - before;
    };
    return { cold: await ask('pushed', 'current'), warm: await ask('next', 'pushed') };
  } finally {
    await registry.stop();
  }
}

/** More tags of one manifest. */
async function copyTags(url: string, count: number): Promise<void> {
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await (await fetch(`${url}/v2/hello/manifests/current`, { headers: { accept } })).text();
  const names = Array.from({ length: count }, (_, index) => `tag-${index}`);
  for (let at = 0; at < names.length; at += 16) {
    await Promise.all(
      names.slice(at, at + 16).map(async (name) => {
        const headers = { 'content-type': accept };
        await (await fetch(`${url}/v2/hello/manifests/${name}`, { method: 'PUT', headers, body: manifest })).text();
      }),
    );
  }
}
