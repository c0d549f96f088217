import { AsyncLocalStorage } from 'node:async_hooks';
import type { RepositoryConfig } from '../config/repository.ts';
import { SluiceError } from '../errors.ts';
import { besideOthers } from '../turns.ts';
import { PolicyRunner } from './policy-runner.ts';

/** Of the processor, of which a small function of Lambda has a third: what is left is for the registry's answers. */
const SHARE_OF_POLICIES = 0.25;
/** However much time there is. */
const MOST_MILLIS = 10_000;
const PAUSE_SECONDS = 30;

const current = new AsyncLocalStorage<PolicyRunner>();

/**
 * Works on one repository beside others. Its policies have a quarter of its time.
 *
 * @param shareMillis its time
 */
export async function workOn<T>(
  { url, branch }: Pick<RepositoryConfig, 'url' | 'branch'>,
  shareMillis: number,
  work: () => Promise<T>,
): Promise<T> {
  const millis = Math.min(MOST_MILLIS, shareMillis * SHARE_OF_POLICIES);
  const runner = new PolicyRunner(millis, () => tooSlow(`repository ${url} branch ${branch}`, millis));
  return besideOthers(async () => current.run(runner, work));
}

/** Runs the policies of the repository that is worked on, or those of somebody's question. */
export function policies(): PolicyRunner {
  return current.getStore() ?? new PolicyRunner(MOST_MILLIS, () => tooSlow('policies', MOST_MILLIS));
}

function tooSlow(subject: string, millis: number): SluiceError {
  return new SluiceError({
    code: 'git-too-slow',
    subject,
    expected: `answers of its policies within ${Math.round(millis / 100) / 10} s of the processor`,
    found: 'fewer',
    next: 'Write its patterns without lookaround and back-references, and with fewer repetitions.',
    retryable: true,
    retryAfterSeconds: PAUSE_SECONDS,
  });
}
