import type { AwsAccount } from '../aws/account.ts';
import type { Log } from '../log.ts';
import type { RegistryCredentials } from '../registry/authentication.ts';
import { ecrRegistry } from '../registry/ecr-address.ts';
import { ecrPushClock } from '../registry/ecr-push-clock.ts';
import { ghcrPushClock } from '../registry/ghcr-push-clock.ts';
import type { PushClock } from '../registry/push-clock.ts';
import { quayPushClock } from '../registry/quay-push-clock.ts';

interface ClockOptions {
  /** Those that are configured for the registry. */
  readonly credentials: RegistryCredentials | undefined;
  /** Whoever this process is on AWS. */
  readonly aws: AwsAccount;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** Opens the clock of a registry; undefined where it has none that Sluice can read. */
export type OpenPushClock = (host: string, options: ClockOptions) => PushClock | undefined;

/** Only evaluate-policy and sweep read clocks: commit-image is told in its messages what they said. */
export const openPushClock: OpenPushClock = (host, options) => {
  const clock = clockOf(host, options);
  return clock && fallible(clock, host, options.log);
};

function clockOf(host: string, { credentials, aws, now }: ClockOptions): PushClock | undefined {
  const ecr = ecrRegistry(host);
  if (ecr !== undefined) {
    // Whoever has credentials of its own asks by no role.
    return credentials === undefined ? ecrPushClock(ecr, aws) : undefined;
  }
  if (host === 'ghcr.io') {
    return credentials && ghcrPushClock({ credentials, now });
  }
  // Of private repositories its API says nothing to whoever has credentials of the registry.
  return host === 'quay.io' && credentials === undefined ? quayPushClock() : undefined;
}

/** A clock that cannot be read says nothing: images are as young as Sluice itself has known them, and wait. */
function fallible(clock: PushClock, registry: string, log: Log): PushClock {
  return {
    async pushedAt(repository, version) {
      try {
        return await clock.pushedAt(repository, version);
      } catch (error) {
        log.warn('clock of a registry not read', { registry, repository, digest: version.digest, error });
        return undefined;
      }
    },
  };
}
