import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError } from '../../../shared/errors.ts';
import { branchRef } from '../../../shared/git/address.ts';
import type { Clone } from './clone.ts';
import { isContention, lockOf } from './clone-fault.ts';
import { type Fetcher, keptRef } from './fetch.ts';
import { removeLeftovers } from './leftovers.ts';

export interface BranchHeadsOptions {
  readonly clone: Clone;
  readonly fetcher: Fetcher;
  /** The directory of the clone. */
  readonly home: string;
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  /** For one call of git. */
  readonly timeoutMillis: number;
  readonly onFetch: (() => void) | undefined;
}

const LOCK_PAUSE_MILLIS = 50;

/** The heads of a repository's branches, with their trees in the clone. It is used by one call at a time. */
export class BranchHeads {
  readonly #options: BranchHeadsOptions;
  /** Heads whose trees are here. */
  readonly #known = new Map<string, string>();
  /** Heads that the host sends too much for: they are not asked for again. */
  readonly #refused = new Map<string, { readonly head: string | undefined; readonly error: unknown }>();

  constructor(options: BranchHeadsOptions) {
    this.#options = options;
  }

  /** Returns the head of a branch, asked of the host now; once more where the clone was thrown away under way. */
  async latest(branch: string, since: string | undefined): Promise<string> {
    const { clone } = this.#options;
    const { generation } = clone;
    try {
      return await this.#ask(branch, since);
    } catch (error) {
      if (clone.generation === generation) {
        throw error;
      }
      this.forget();
      return this.#fetch(branch, since);
    }
  }

  /** To be called when the clone is thrown away: what was here is gone with it. */
  forget(): void {
    this.#known.clear();
  }

  async #ask(branch: string, since: string | undefined): Promise<string> {
    const { clone, fetcher } = this.#options;
    const known = await this.#knownHead(branch);
    const { generation } = clone;
    const tooLarge = this.#refused.get(branch);
    if (known === undefined && tooLarge === undefined) {
      return this.#fetch(branch, since);
    }
    // Asking costs half of fetching.
    const head = await this.#headAtHost(branch);
    if (tooLarge !== undefined && tooLarge.head === head) {
      throw tooLarge.error;
    }
    this.#refused.delete(branch);
    if (known === undefined || known !== head || clone.generation !== generation) {
      return this.#fetch(branch, since);
    }
    const isWhole = since === undefined || (await fetcher.hasHistory(known, since));
    return isWhole ? this.#keep(branch, known) : this.#fetch(branch, since);
  }

  async #knownHead(branch: string): Promise<string | undefined> {
    const known = this.#known.get(branch) ?? (await this.#resolve(branch).catch(() => undefined));
    return known;
  }

  async #headAtHost(branch: string): Promise<string | undefined> {
    const { clone, address, environment } = this.#options;
    const ref = branchRef(branch);
    const told = await clone.run(['ls-remote', '--', address, ref], { environment });
    const lines = told.toString('utf8').split('\n');
    return lines.map((line) => line.split('\t')).find(([, name]) => name === ref)?.[0];
  }

  /** Fetches until no other process is in the way. */
  async #fetch(branch: string, since: string | undefined): Promise<string> {
    const began = performance.now();
    for (;;) {
      try {
        return await this.#fetchOnce(branch, since);
      } catch (error) {
        await this.#waitForOthers(error, began);
      }
    }
  }

  async #fetchOnce(branch: string, since: string | undefined): Promise<string> {
    const { clone, fetcher, home, timeoutMillis, onFetch } = this.#options;
    onFetch?.();
    try {
      await removeLeftovers(home, timeoutMillis);
      await clone.discardOvergrown();
      await (since === undefined ? fetcher.head(branch) : fetcher.history(branch, since));
      return this.#keep(branch, await this.#resolve(branch));
    } catch (error) {
      if (isSluiceError(error, 'git-too-large')) {
        const head = await this.#headAtHost(branch).catch(() => undefined);
        this.#refused.set(branch, { head, error });
      }
      throw error;
    }
  }

  /** Waits a moment where another process was in the way, and throws anything else. */
  async #waitForOthers(error: unknown, began: number): Promise<void> {
    const { clone, timeoutMillis } = this.#options;
    if (!isSluiceError(error) || !isContention(error)) {
      throw error;
    }
    // No call of git lives longer than the time limit: what is in the way for so long was left there.
    const waited = performance.now() - began;
    if (Math.max(waited, await ageMillis(lockOf(error))) > timeoutMillis) {
      throw await clone.damaged(error.found);
    }
    await sleep(LOCK_PAUSE_MILLIS * (1 + Math.random()));
  }

  async #resolve(branch: string): Promise<string> {
    const head = await this.#options.clone.run(['rev-parse', '--verify', '--quiet', keptRef(branch)]);
    return head.toString('utf8').trim();
  }

  #keep(branch: string, head: string): string {
    this.#known.set(branch, head);
    return head;
  }
}

/** 0 where there is no such file. */
async function ageMillis(file: string | undefined): Promise<number> {
  const now = Date.now();
  const { mtimeMs } = await stat(file ?? '').catch(() => ({ mtimeMs: now }));
  return now - mtimeMs;
}
