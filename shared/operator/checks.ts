import type { WatchedRepository } from '../decision/site-reader.ts';
import type { MessageQueue } from '../queue/port.ts';
import type { Check } from './finding.ts';
import type { DeadLetters } from './operations.ts';
import { repositorySubject } from './words.ts';

/** May the repositories be written? */
export function writingChecks(repositories: readonly WatchedRepository[]): readonly Check[] {
  return repositories.map((repository) => async () => {
    const { config, host } = repository;
    const subject = repositorySubject(repository);
    const { branch, delivery } = config;
    // Pull requests are for branches that nobody may push to.
    const isBeside = delivery.mode === 'pull-request' || delivery.pushBranch !== undefined;
    return (await host.canWrite(branch, isBeside))
      ? { status: 'ok', subject, found: 'may be written' }
      : {
          status: 'failure',
          subject,
          found: 'may be read, but not written',
          next: 'Give the credentials of this repository in sluice.yml the right to push.',
        };
  });
}

/** May something be said of the commits, where the host has such a thing? */
export function statusChecks(repositories: readonly WatchedRepository[]): readonly Check[] {
  return repositories.flatMap(({ config, host }) => {
    const { canSetStatus } = host;
    if (canSetStatus === undefined) {
      return [];
    }
    const subject = `statuses of ${repositorySubject({ config })}`;
    const check: Check = async () =>
      (await canSetStatus(config.branch))
        ? { status: 'ok', subject, found: 'may be set' }
        : {
            status: 'failure',
            subject,
            found: 'may not be set',
            next: 'Give the credentials of this repository in sluice.yml the right to set commit statuses.',
          };
    return [check];
  });
}

/** Does the queue that feeds this function move? */
export function queueCheck(name: string, open: () => Promise<MessageQueue>): Check {
  return async () => {
    const { visible, inFlight } = await (await open()).depth();
    return { status: 'ok', subject: `queue ${name}`, found: `${visible} waiting, ${inFlight} in work` };
  };
}

/**
 * Is there anything in the function's dead-letter queue, where it has one?
 *
 * @param queue what `sluice replay` calls it
 */
export function deadLetterChecks(queue: string, deadLetters: DeadLetters | undefined): readonly Check[] {
  if (deadLetters === undefined) {
    return [];
  }
  const check: Check = async () => {
    const { visible, inFlight } = await (await deadLetters.open()).depth();
    const count = visible + inFlight;
    const subject = `dead letters of ${queue}`;
    return count === 0
      ? { status: 'ok', subject, found: 'none' }
      : { status: 'warning', subject, found: String(count), next: `See why: sluice replay --queue ${queue}` };
  };
  return [check];
}
