import type { AwsAccount } from '../aws/account.ts';
import type { Log } from '../log.ts';
import { ecrRegistry } from '../registry/ecr-address.ts';
import { ecrPushClock } from '../registry/ecr-push-clock.ts';
import type { PushClock } from '../registry/push-clock.ts';

interface ClockOptions {
  /** Whoever this process is on AWS. */
  readonly aws: AwsAccount;
  readonly log: Log;
}

/** Opens the clock of a registry; undefined where it has none that Sluice can read. */
export type OpenPushClock = (host: string, options: ClockOptions) => PushClock | undefined;

/** Only evaluate-policy and sweep read clocks: commit-image is told in its messages what they said. */
export const openPushClock: OpenPushClock = (host, { aws, log }) => {
  const ecr = ecrRegistry(host);
  return ecr && fallible(ecrPushClock(ecr, aws), host, log);
};

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
