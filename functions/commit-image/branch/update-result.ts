import { siteKey } from '../../../shared/history/trailers.ts';
import type { Hold } from '../../../shared/hold/hold.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { CommittedChange } from '../message/commit-message.ts';

/** What became of one update when it was applied to the tree at the head. */
export type UpdateResult =
  | (CommittedChange & { readonly action: 'change' })
  | {
      readonly update: ImageUpdate;
      readonly action: 'drop';
      readonly reason: string;
      /** What holds it, where that is why. */
      readonly hold?: Hold | undefined;
      /** Its place is not in the tree. */
      readonly isMissing?: boolean;
    }
  | { readonly update: ImageUpdate; readonly action: 'fail'; readonly error: unknown };

/** What is not done, and why. */
export function drop(update: ImageUpdate, reason: string) {
  return { update, action: 'drop', reason } as const;
}

/** What a commit is of, among what was applied. */
export function changesOf(results: readonly UpdateResult[]) {
  return results.filter((one) => one.action === 'change');
}

/** Of several changes of one site only the last one shows, from what stood there at first. */
export function withoutSteps(results: readonly UpdateResult[]): readonly UpdateResult[] {
  const changes = Map.groupBy(changesOf(results), ({ update }) => siteKey(update.site));
  return results.map((one) => {
    const steps = one.action === 'change' ? (changes.get(siteKey(one.update.site)) ?? []) : [];
    const [first, last] = [steps[0], steps.at(-1)];
    if (one.action !== 'change' || first === undefined || last === undefined || steps.length === 1) {
      return one;
    }
    return one === last
      ? { ...one, from: first.from }
      : { update: one.update, action: 'drop', reason: `${last.to} came in the same commit` };
  });
}
