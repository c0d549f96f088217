import { randomUUID } from 'node:crypto';
import { deployment } from '../fakes/manifests.ts';

/** One of many services of a repository. */
export interface Service {
  readonly name: string;
  readonly policy: string;
  /** What its policy takes, each better than those before it; the manifest begins at the first. */
  readonly versions: readonly string[];
  /** What its policy does not take. */
  readonly refused: readonly string[];
}

/** A tag of a service that a registry tells of. */
export interface PushEvent {
  /** A redelivery has the id of the first. */
  readonly id: string;
  readonly service: Service;
  readonly tag: string;
}

/** Ways to name versions: by number, or by words that only the images' ages rank. */
const KINDS = [
  { policy: 'semver:~1.2', version: (step: number) => `1.2.${step}`, refused: ['1.3.0', 'latest'] },
  { policy: 'glob:main-*', version: (step: number) => `main-${wordOf(step)}`, refused: ['feature', 'latest'] },
  { policy: 'regexp:^((?!tmp).)*$', version: (step: number) => wordOf(step), refused: ['tmp', 'tmp-2'] },
] as const;

/** Odd numbers times this are a permutation: a hash that does not rise with the step. */
const MIXED = 0x9e3779b1;

const REDELIVERED_SHARE = 0.1;
const REFUSED_SHARE = 0.1;
/** How far an event may be behind the newest version. */
const MOST_LATE = 5;

/** So many services, with policies of each kind by turns. */
export function fleetOf(services: number, versions: number): readonly Service[] {
  return Array.from({ length: services }, (_, index) => {
    const { policy, version, refused } = KINDS[index % KINDS.length] ?? KINDS[0];
    const steps = Array.from({ length: versions }, (_unused, step) => version(step));
    return { name: `service-${index}`, policy, versions: steps, refused };
  });
}

/** Where a service's manifest lies. */
export function fileOf({ name }: Service): string {
  return `k8s/${name}.yml`;
}

/** The manifest as it stands at first. */
export function manifestOf({ name, policy, versions }: Service, registry: string): string {
  return deployment(`${registry}/${name}:${versions[0]}`, policy);
}

/**
 * Events as they come of busy pipelines: versions rise with time, and some come late, twice, or for no policy at all.
 *
 * @param random from 0 to 1
 */
export function eventsOf(fleet: readonly Service[], count: number, random: () => number): readonly PushEvent[] {
  const below = (limit: number) => Math.floor(random() * limit);
  const events: PushEvent[] = [];
  while (events.length < count) {
    const kind = random();
    const earlier = events[below(events.length)];
    const service = fleet[below(fleet.length)];
    if (kind < REDELIVERED_SHARE && earlier !== undefined) {
      events.push(earlier);
    } else if (service !== undefined) {
      const newest = Math.floor((service.versions.length * events.length) / count);
      const version = service.versions[Math.max(0, newest - below(MOST_LATE))];
      const refused = service.refused[below(service.refused.length)];
      const tag = kind < REDELIVERED_SHARE + REFUSED_SHARE ? refused : version;
      events.push({ id: randomUUID(), service, tag: tag ?? '' });
    }
  }
  return events;
}

/** The tag that a service is to stand at after these events, in whatever order they were worked on. */
export function bestOf({ name, versions }: Service, events: readonly PushEvent[]): string {
  const told = events.filter(({ service }) => service.name === name).map(({ tag }) => versions.indexOf(tag));
  return versions[Math.max(0, ...told)] ?? '';
}

function wordOf(step: number): string {
  return (Math.imul(2 * step + 1, MIXED) >>> 0).toString(16).padStart(8, '0');
}
