import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { SluiceError } from '../../shared/errors.ts';
import type { ImageFacts, Registry } from '../../shared/registry/port.ts';
import { Witness } from '../../shared/registry/witness.ts';

/** A registry of one repository in memory: tags and when their images were built. */
export function memoryRegistry(
  tags: Readonly<Record<string, string | undefined>>,
  witness = new Witness({ host: 'registry.example.com', cache: memoryCache(), now: Date.now }),
): Registry & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    tags: async () => Object.keys(tags),
    source: async () => ({}),
    notAnImage: async () => undefined,
    firstSeen: async (...question) => witness.firstSeen(...question),
    async image(repository, tagOrDigest): Promise<ImageFacts> {
      asked.push(tagOrDigest);
      const tag = tagOrDigest in tags ? tagOrDigest : Object.keys(tags).find((one) => digestOf(one) === tagOrDigest);
      if (tag === undefined) {
        const subject = `registry.example.com/${repository}:${tagOrDigest}`;
        throw new SluiceError({
          code: 'registry-not-found',
          subject,
          expected: 'an image',
          found: 'none (status 404)',
        });
      }
      return {
        tag: tagOrDigest,
        digest: digestOf(tag),
        created: tags[tag],
      };
    },
  };
}

function digestOf(tag: string): string {
  return `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`;
}
