import { type ReadPorts, type RepositoryState, readRepository } from '../../shared/decision/read-repository.ts';
import { shareOfTime } from '../../shared/decision/repository-time.ts';
import { workOn } from '../../shared/decision/repository-work.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { type RegistryFor, slowAnswers, TagLookups } from '../../shared/decision/tag-lookup.ts';
import { tellLeftOutOnce } from '../../shared/decision/tell-left-out.ts';
import { isRetryable } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { named } from '../../shared/operator/words.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { MessageResult } from '../../shared/queue/partial-batch-failures.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { withinMillis } from '../../shared/time-limit.ts';
import { type HeldPush, pushesAfterHolds } from './after-holds.ts';
import type { Debounce } from './debounce-burst.ts';
import { describePush, type Evaluated, evaluatePush, type ImageReading, imageOf } from './evaluate-push.ts';
import { groupByBranch } from './group-by-branch.ts';

/** What evaluate-policy holds: eyes on repositories and registries, and one queue to send to. */
export interface EvaluatePorts extends ReadPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly registry: RegistryFor;
  readonly updates: MessageSender;
  /** Its own queue, for pushes that come when a hold ends. */
  readonly pushes: MessageSender;
  readonly debounce: Debounce;
  readonly log: Log;
}

/** A push, and how all repositories read its image. */
interface AskedPush {
  readonly push: ImagePush;
  readonly reading: ImageReading;
}

/**
 * Finds the sites that use each pushed image, decides each, and sends what is to be changed. However many pushes there
 * are, each repository is looked at once. What one repository or registry lets us wait for holds up no other: each has
 * its share of the time, and what is decided is sent at once.
 *
 * @param millisLeft how much time there is
 * @returns what became of each push, in their order; evaluating one again is safe
 */
export async function evaluatePushes(
  pushes: readonly ImagePush[],
  ports: EvaluatePorts,
  millisLeft: () => number,
): Promise<readonly MessageResult[]> {
  await ports.debounce(pushes.length);
  const lookUps = new TagLookups(ports.registry, whenTold(pushes));
  const asked = pushes.map((push) => ({
    push,
    reading: {
      lookUp: lookUps.of(push.registry, push.repository),
      leftOut: tellLeftOutOnce(imageOf(push), ports.log.with(describePush(push))),
    },
  }));
  const millis = shareOfTime(millisLeft(), ports.repositories.length);
  const evaluated = await Promise.all(
    ports.repositories.map(async (repository): Promise<readonly Evaluated[]> => {
      try {
        return await workOn(repository.config, millis, async () => {
          const state = await readRepository(repository, millis, ports);
          return evaluateAt(state, asked, ports, millisLeft);
        });
      } catch (error) {
        return pushes.map((push) => ({ push, updates: [], holds: [], used: false, skipped: [], error }));
      }
    }),
  );
  const ofPush = Map.groupBy(evaluated.flat(), ({ push }) => push);
  const results = pushes.map((push) => outcomeOf(push, ofPush.get(push) ?? [], ports.log));
  // One that goes back to its queue is held again when it comes.
  const done = pushes.filter((_, index) => !mayComeAgain(results[index]));
  const held = done.map((push) => ({ push, holds: (ofPush.get(push) ?? []).flatMap(({ holds }) => holds) }));
  return sendAfterHolds(held, results, pushes, ports);
}

function mayComeAgain(result: MessageResult): boolean {
  return result !== undefined && isRetryable(result.error);
}

/** Sends what comes again when a hold ends. A push goes back to its queue where that cannot be sent. */
async function sendAfterHolds(
  held: readonly HeldPush[],
  results: readonly MessageResult[],
  pushes: readonly ImagePush[],
  ports: Pick<EvaluatePorts, 'pushes' | 'now'>,
): Promise<readonly MessageResult[]> {
  const later = pushesAfterHolds(held, ports.now());
  if (later.length === 0) {
    return results;
  }
  try {
    await ports.pushes.send(later);
    return results;
  } catch (error) {
    const unsent = new Set(held.flatMap(({ push, holds }) => (holds.length > 0 ? push : [])));
    return pushes.map((push, index) => (unsent.has(push) ? { error } : results[index]));
  }
}

/**
 * When Sluice was told of each digest, the earliest. It counts only for what the registry has under that digest when it
 * is asked: nobody is believed who tells of an image before it is there. What a sender says of the time never counts.
 */
function whenTold(pushes: readonly ImagePush[]): ReadonlyMap<string, number> {
  const told = new Map<string, number>();
  for (const push of pushes.filter(({ digest }) => digest !== undefined)) {
    const key = `${imageOf(push)}@${push.digest}`;
    told.set(key, Math.min(Date.parse(push.receivedAt), told.get(key) ?? Number.POSITIVE_INFINITY));
  }
  return told;
}

/** Decides all pushes at one repository; those of a registry go into one message, and wait for no other registry. */
async function evaluateAt(
  state: RepositoryState,
  pushes: readonly AskedPush[],
  ports: EvaluatePorts,
  millisLeft: () => number,
): Promise<readonly Evaluated[]> {
  const registries = Map.groupBy(pushes, ({ push }) => push.registry);
  const evaluated = [...registries.values()].map(async (some) => {
    const decided = await Promise.all(some.map(async (asked) => evaluateInTime(asked, state, ports, millisLeft)));
    try {
      await ports.updates.send(groupByBranch(decided.flatMap(({ updates }) => updates)));
      return decided;
    } catch (error) {
      return decided.map(({ push, updates, holds, used, skipped, error: before }) => {
        return { push, updates, holds, used, skipped, error: updates.length > 0 ? error : before };
      });
    }
  });
  return (await Promise.all(evaluated)).flat();
}

async function evaluateInTime(
  { push, reading }: AskedPush,
  state: RepositoryState,
  { log }: EvaluatePorts,
  millisLeft: () => number,
): Promise<Evaluated> {
  const millis = shareOfTime(millisLeft(), 1);
  try {
    return await withinMillis(
      millis,
      () => slowAnswers(push.registry, push.repository, millis),
      async () => evaluatePush(push, state, reading, log),
    );
  } catch (error) {
    return { push, updates: [], holds: [], used: true, skipped: [], error };
  }
}

/** Failed where it is not done at one of the repositories; what may succeed later goes before what will not. */
function outcomeOf(push: ImagePush, evaluated: readonly Evaluated[], log: Log): MessageResult {
  const errors = evaluated.flatMap(({ error }) => (error === undefined ? [] : [error]));
  if (errors.length > 0) {
    return { error: errors.find(isRetryable) ?? errors[0] };
  }
  if (!evaluated.some(({ used }) => used)) {
    const files = new Set(evaluated.flatMap(({ skipped }) => skipped.map(({ file }) => file)));
    log.info('image not used', { ...describePush(push), reason: notNamed(push, [...files]) });
  }
  return undefined;
}

function notNamed(push: ImagePush, unread: readonly string[]): string {
  const reason = `no manifest of the configured repositories names ${imageOf(push)}`;
  return unread.length === 0 ? reason : `${reason}, as far as they can be read: not ${named(unread)}`;
}
