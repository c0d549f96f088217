import { messageOf, SluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import type { Log } from '../log.ts';
import type { TagFacts } from '../policy/policy.ts';
import type { ImageSource, Registry, Sighting, SightingNeeds } from '../registry/port.ts';
import type { TaggedDigest } from '../registry/push-clock.ts';

/** The registry of a host, where it is configured. */
export type RegistryFor = (host: string) => Registry | undefined;

/** Look-ups for one image. Each thing is asked for once. */
export interface TagLookup {
  /** What is known of a tag or digest: the creation time only where the policy ranks by it. */
  facts(tagOrDigest: string, needs: { readonly created: boolean }): Promise<TagFacts>;
  /** What a digest names in the place of an image; undefined where it names one. */
  notAnImage(digest: string): Promise<string | undefined>;
  /** When a digest that the registry has was first seen: only where a policy asks for an age. */
  firstSeen(version: TaggedDigest, needs: SightingNeeds): Promise<Sighting>;
  /** All tags: only where what stands at a site has no rank, and for a sweep. */
  tags(): Promise<readonly string[]>;
}

/** When Sluice was told of a digest of one image, in milliseconds since the epoch. */
export type ToldAt = (digest: string) => number | undefined;

/**
 * Look-ups for one image. Each tag is asked for once, however many sites want it.
 *
 * @returns methods that throw SluiceError `registry-unknown` for a host that is not configured: an event or a manifest
 *   can name any host, and none is spoken to that the configuration does not name
 */
export function lookUpTag(
  host: string,
  repository: string,
  registryFor: RegistryFor,
  told: ToldAt = () => undefined,
): TagLookup {
  const asked = new Map<string, Promise<unknown>>();
  const once = async <T>(question: string, ask: (registry: Registry) => Promise<T>): Promise<T> => {
    const known = asked.get(question) as Promise<T> | undefined;
    const answer = known ?? ask(openRegistry(host, registryFor));
    asked.set(question, answer);
    return answer;
  };
  return {
    facts: async (tagOrDigest, needs) =>
      once(`facts ${tagOrDigest} ${needs.created}`, async (registry) => registry.image(repository, tagOrDigest, needs)),
    notAnImage: async (digest) =>
      once(`content ${digest}`, async (registry) => registry.notAnImage(repository, digest)),
    firstSeen: async (version, { minAgeMillis, toldAt = told(version.digest) }) =>
      once(`first seen ${version.digest} ${minAgeMillis} ${toldAt}`, async (registry) =>
        registry.firstSeen(repository, version, { minAgeMillis, toldAt }),
      ),
    tags: async () => once('tags', async (registry) => registry.tags(repository)),
  };
}

/** Look-ups of images, one for each: what several sites want to know is asked once. */
export class TagLookups {
  readonly #registryFor: RegistryFor;
  readonly #images = new Map<string, TagLookup>();
  readonly #told: ReadonlyMap<string, number>;

  /** @param told when Sluice was told of some images, `registry.example.com/hello@sha256:…` */
  constructor(registryFor: RegistryFor, told: ReadonlyMap<string, number> = new Map()) {
    this.#registryFor = registryFor;
    this.#told = told;
  }

  /** Of an image by its registry's host and its repository there. */
  of(host: string, repository: string): TagLookup {
    const key = `${host}/${repository}`;
    const told = (digest: string) => this.#told.get(`${key}@${digest}`);
    const lookUp = this.#images.get(key) ?? lookUpTag(host, repository, this.#registryFor, told);
    this.#images.set(key, lookUp);
    return lookUp;
  }
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

/** The error for a registry that takes longer than there is time. */
export function slowAnswers(registry: string, repository: string, millis: number): SluiceError {
  return new SluiceError({
    code: 'registry-unavailable',
    subject: `registry ${registry}`,
    expected: `all answers about ${repository} within ${Math.round(millis / 100) / 10} s`,
    found: 'fewer',
    next: 'On AWS, raise the timeout of the function in serverless.yml.',
    retryable: true,
  });
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
