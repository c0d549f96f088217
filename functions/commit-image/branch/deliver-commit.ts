import type { WatchedRepository } from '../../../shared/decision/repository.ts';
import { isSluiceError } from '../../../shared/errors.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { CommitPorts } from '../ports.ts';
import { commitOn, type Delivery } from './branch-writer.ts';
import { deliverToPushBranch } from './push-branch.ts';
import { untilHeadStays } from './retry-on-moved-head.ts';

/** Puts updates on their branch, or on the configured push branch, as one commit. */
export async function deliverCommit(
  updates: readonly ImageUpdate[],
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery> {
  const { branch, delivery } = repository.config;
  if (delivery.pushBranch !== undefined && delivery.pushBranch !== branch) {
    const { pushBranch } = delivery;
    return untilHeadStays(async () => deliverToPushBranch(updates, pushBranch, repository, ports), ports.log);
  }
  const guessed = await commitOnGuess(updates, repository, ports);
  return (
    guessed ??
    untilHeadStays(async () => {
      const place = { branch, head: await repository.host.head(branch), isNew: false };
      return commitOn(updates, place, repository, ports);
    }, ports.log)
  );
}

/**
 * Begins on the head that the updates were decided on, without asking the host: as a rule the branch is still there,
 * and where it is not, the push is rejected. That nothing is left to change is not believed of a guess.
 */
async function commitOnGuess(
  updates: readonly ImageUpdate[],
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery | undefined> {
  const head = ports.heads.from(updates.at(-1)?.revision ?? '');
  try {
    const place = { branch: repository.config.branch, head, isNew: false };
    const delivery = await commitOn(updates, place, repository, ports);
    return delivery.commit === undefined ? undefined : delivery;
  } catch (error) {
    // Elsewhere by now, or decided by a process that has a clone of its own.
    if (isSluiceError(error, 'git-head-moved', 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
}
