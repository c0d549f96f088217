import type { Head } from './git/source.ts';
import type { LoopSource, Made } from './loop-source.ts';
import { SuspensionCheck } from './suspension-check.ts';
import type { Wait } from './wake/wake.ts';

export interface LoopOptions {
  readonly wait: Wait;
  /** A revision that stands is applied again after so long, against drift. */
  readonly syncMillis: number;
  readonly signal: AbortSignal;
}

/** Polls do not come from all clusters at the same moment. */
const JITTER = 0.1;
/** What did not become healthy is applied again after so long: a webhook may have been away. */
const RETRY_MILLIS = 30_000;

/** Applies each new head of a source, and the last one again from time to time. */
export class ReconcileLoop {
  readonly #source: LoopSource;
  readonly #options: LoopOptions;
  readonly #suspension: SuspensionCheck;
  #applied: { readonly commit: string; readonly until: number } | undefined;
  #reported: string | undefined;
  #refused: string | undefined;
  #isSuperseded = false;

  constructor(source: LoopSource, options: LoopOptions) {
    this.#source = source;
    this.#options = options;
    this.#suspension = new SuspensionCheck(source);
  }

  /** Runs until the signal ends it between two steps. A fault leaves all as it is and is met again at the next poll. */
  async run(): Promise<void> {
    const { observer, log } = this.#source;
    const { signal } = this.#options;
    while (!signal.aborted) {
      this.#isSuperseded = false;
      try {
        await this.#poll();
      } catch (error) {
        log.error('revision not applied', { error });
        observer.failed(error);
      }
      if (!this.#isSuperseded) {
        await this.#pause(signal);
      }
    }
  }

  async #poll(): Promise<void> {
    if (await this.#suspension.isSuspended()) {
      // When it ends, what drifted meanwhile is set right at once.
      this.#applied = undefined;
      return;
    }
    const found = await this.#source.head();
    await this.#refuse(found);
    const { commit } = found;
    if (commit !== undefined && this.#isDue(commit)) {
      await this.#apply(commit);
    } else if (found.problems.length === 0) {
      this.#source.observer.stands();
    }
  }

  #isDue(commit: string): boolean {
    return commit !== this.#applied?.commit || performance.now() >= this.#applied.until;
  }

  /** Reports a head with problems, once. */
  async #refuse(found: Head): Promise<void> {
    const standing = JSON.stringify(found);
    if (found.problems.length > 0 && standing !== this.#refused) {
      const { head: revision, problems, commit: stays } = found;
      this.#source.log.error('revision refused', { revision, problems, stays });
      await this.#source.refuse(found);
      this.#refused = standing;
    }
  }

  async #apply(commit: string): Promise<void> {
    const { log } = this.#source;
    log.info('revision found', { revision: commit });
    const made = await this.#applyUntilNext(commit);
    const { healthy, problems, objects } = made.report;
    const { syncMillis } = this.#options;
    const again = healthy ? syncMillis : Math.min(syncMillis, RETRY_MILLIS);
    this.#applied = { commit, until: performance.now() + again };
    log.info(wordsFor(made), { revision: commit, problems });
    const outcome = JSON.stringify([commit, healthy, problems]);
    const isNews = outcome !== this.#reported || objects.some(({ action }) => action !== 'unchanged');
    if (isNews && !made.isCutShort) {
      await this.#source.report(made.report);
      this.#reported = outcome;
    }
  }

  /** A revision that does not become healthy must not hold up the one that mends it: a new head ends the wait. */
  async #applyUntilNext(commit: string): Promise<Made> {
    const done = new AbortController();
    const waiting = AbortSignal.any([this.#options.signal, done.signal]);
    const superseded = this.#untilSuperseded(commit, waiting).then((next) => {
      this.#isSuperseded = next !== undefined;
      done.abort();
    });
    return this.#source.apply(commit, waiting).finally(async () => {
      done.abort();
      await superseded;
    });
  }

  /** Waits for another commit at the head; undefined where the signal ended that. */
  async #untilSuperseded(commit: string, signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      await this.#pause(signal);
      if (signal.aborted) {
        return undefined;
      }
      const next = (await this.#source.head().catch(() => undefined))?.commit;
      if (next !== undefined && next !== commit) {
        this.#source.log.info('revision superseded', { revision: commit, next });
        return next;
      }
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await this.#options.wait(this.#source.pollMillis * (1 + JITTER * Math.random()), signal);
  }
}

function wordsFor({ report: { healthy }, isCutShort }: Made): string {
  if (isCutShort) {
    return 'wait for health ended';
  }
  return healthy ? 'revision healthy' : 'revision not healthy';
}
