import { messageOf, SluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import type { Log } from '../log.ts';
import type { TagFacts } from '../policy/policy.ts';
import type { ImageSource, Registry } from '../registry/port.ts';

/** The registry of a host, where it is configured. */
export type RegistryFor = (host: string) => Registry | undefined;

/** Looks up what is known of a tag or digest: the creation time only where the policy ranks by it. */
export type LookUp = (tagOrDigest: string, needs: { readonly created: boolean }) => Promise<TagFacts>;

/**
 * Look-ups for one image. Each tag is asked for once, however many sites want it.
 *
 * @returns a function that throws SluiceError `registry-unknown` for a host that is not configured: an event or a
 *   manifest can name any host, and none is spoken to that the configuration does not name
 */
export function lookUpImage(host: string, repository: string, registryFor: RegistryFor): LookUp {
  const looks = new Map<string, Promise<TagFacts>>();
  return async (tagOrDigest, needs) => {
    const key = `${tagOrDigest} ${needs.created}`;
    const look = looks.get(key) ?? openRegistry(host, registryFor).image(repository, tagOrDigest, needs);
    looks.set(key, look);
    return look;
  };
}

/** @throws SluiceError `registry-unknown` */
export function openRegistry(host: string, registryFor: RegistryFor): Registry {
  const registry = registryFor(host);
  if (registry === undefined) {
    throw new SluiceError({
      code: 'registry-unknown',
      subject: `registry ${host}`,
      expected: 'a registry of sluice.yml',
      found: 'one that is not configured',
      next: 'Add it under registries.',
    });
  }
  return registry;
}

/** Where an image was built from, where it says so; what cannot be asked for is left out, since nothing depends on it. */
export async function lookUpSource(
  image: string,
  registryFor: RegistryFor,
  log: Log,
): Promise<ImageSource | undefined> {
  const { registry, repository, tag, digest } = parseReference(image);
  const reference = digest ?? tag;
  try {
    return reference === undefined ? undefined : await registryFor(registry)?.source(repository, reference);
  } catch (error) {
    log.info('source of an image not known', { image, reason: messageOf(error) });
    return undefined;
  }
}
