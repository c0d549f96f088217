import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { sluiceFileAt } from '../../shared/decision/sluice-files.ts';
import { isSluiceError } from '../../shared/errors.ts';

/** What is to be said in a file below `.sluice` of a repository. */
export interface SluiceFileChange {
  /** From the repository's root. */
  readonly path: string;
  /** The new text of the file; the same as before, or none for no file, where nothing is to be said. */
  readonly edit: (text: string | undefined) => string | undefined;
  /** Of the commit: `Block ghcr.io/acme/web:1.2.3`. */
  readonly subject: string;
  /** Paragraphs of its message; empty ones are left out. */
  readonly why: readonly string[];
  /** `Blocked-by: Jane Doe <jane@example.com>` */
  readonly trailer: string;
}

const ATTEMPTS = 5;
const PAUSE_MILLIS = 200;

/**
 * Writes a file of Sluice as one commit on its branch; where the branch moves meanwhile, anew on its new head.
 *
 * @returns the commit; undefined where the file says so already
 * @throws SluiceError `manifest-invalid` where the file cannot be read, or with a `git-…` code
 */
export async function commitSluiceFile(
  { config, host }: WatchedRepository,
  change: SluiceFileChange,
): Promise<string | undefined> {
  const { branch, author, committer, delivery } = config;
  for (let attempt = 1; ; attempt += 1) {
    const head = await host.head(branch);
    const before = await sluiceFileAt(change.path, head, host);
    const text = change.edit(before);
    if (text === undefined || text === before) {
      return undefined;
    }
    try {
      return await host.commit({
        branch,
        expectedHead: head,
        edits: [{ path: change.path, text, create: true }],
        message: messageOf(change, delivery.skipCi === true),
        author,
        committer,
        skipCi: delivery.skipCi === 'push-option',
      });
    } catch (error) {
      if (!isSluiceError(error, 'git-head-moved') || attempt === ATTEMPTS) {
        throw error;
      }
      await sleep(Math.random() * PAUSE_MILLIS * attempt);
    }
  }
}

function messageOf({ subject, why, trailer }: SluiceFileChange, skipCi: boolean): string {
  const paragraphs = [subject, ...why, skipCi ? '[ci skip]' : '', trailer];
  return `${paragraphs.filter((text) => text.trim() !== '').join('\n\n')}\n`;
}
