import type { WatchedRepository } from '../../shared/decision/repository.ts';
import { isSluiceError } from '../../shared/errors.ts';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { changesOf, commitTo, type Delivery, foldAt, headIfAny, type Place } from './delivery.ts';
import { untilHeadStays } from './moved-head.ts';
import type { CommitPorts } from './ports.ts';

/** Puts updates on their branch, or on the configured push branch, as one commit. */
export async function deliverCommit(
  updates: readonly ImageUpdate[],
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery> {
  const { branch, delivery } = repository.config;
  if (delivery.pushBranch !== undefined && delivery.pushBranch !== branch) {
    const { pushBranch } = delivery;
    return untilHeadStays(
      async () => commitOn(updates, await pushPlace(pushBranch, repository), repository, ports),
      ports.log,
    );
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

/** A push branch begins where the watched one stands. */
async function pushPlace(pushBranch: string, repository: WatchedRepository): Promise<Place> {
  const head = await headIfAny(pushBranch, repository);
  return head === undefined
    ? { branch: pushBranch, head: await repository.host.head(repository.config.branch), isNew: true }
    : { branch: pushBranch, head, isNew: false };
}

async function commitOn(
  updates: readonly ImageUpdate[],
  place: Place,
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Delivery> {
  const { head } = place;
  const historyOf = place.isNew ? repository.config.branch : place.branch;
  const { edits, folded } = await foldAt(updates, { head, historyOf }, repository, ports);
  if (edits.length === 0) {
    return { head, commit: undefined, folded };
  }
  return { head, commit: await commitTo(place, edits, changesOf(folded), repository, ports), folded };
}
