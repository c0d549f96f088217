import { join } from 'node:path';
import { isSluiceError } from '../../../shared/errors.ts';
import { withoutUser } from '../../../shared/git/address.ts';
import type { GitCredentials } from '../../../shared/git/credentials.ts';
import { memoizeAsync } from '../memoize-async.ts';
import type { SourceSettings } from '../settings/source-settings.ts';
import { type Checkout, checkOut, removeLeftCheckouts } from './checkout.ts';
import { moveTag } from './marker.ts';
import { type Mirror, openMirror } from './mirror.ts';
import type { Anchor } from './verify/anchor.ts';
import { openVerifier } from './verify/verifier.ts';

/** What a look at the branch gave. */
export interface Head {
  /** The commit at the head of the branch. */
  readonly head: string;
  /** The commit that may be applied; undefined where none may. */
  readonly commit: string | undefined;
  /** Why the head may not be, one sentence for each commit that is in its way. */
  readonly problems: readonly string[];
}

/** The repository that the agent follows. Every method throws SluiceError `git-…` or `config-invalid`. */
export interface GitSource {
  /** The head of the branch, asked of the host, and checked. */
  readonly head: () => Promise<Head>;
  /** The files of a commit that `head` gave; whoever asks for them removes them. */
  readonly checkout: (commit: string) => Promise<Checkout>;
  /** Puts the marker tag on a commit; absent where there are none. */
  readonly mark?: (tag: string, commit: string, agent: string, seconds: number) => Promise<void>;
}

export interface SourceOptions {
  /** Keeps the clone, checkouts and keys. */
  readonly directory: string;
  readonly credentials: () => Promise<GitCredentials>;
  /** What the branch has to go on from. */
  readonly anchor: Anchor;
  /** Is told that a revision is fetched, which will be applied most likely. */
  readonly onFetch?: () => void;
}

const SHORT = 7;
const AUTHOR = { name: 'sluice-agent', email: 'sluice-agent@users.noreply.localhost' };

/** Opens a source; nothing is read or asked of anybody before its first use, and what fails is tried anew at the next. */
export function openSource(
  settings: SourceSettings,
  { directory, credentials, anchor, onFetch }: SourceOptions,
): Required<GitSource> {
  const { url, gitTimeout: timeoutMillis, gitMaxSize: maxBytes, gitMaxFiles: maxFiles, gitMemory } = settings;
  const limits = { timeoutMillis, maxBytes, memoryBytes: gitMemory };
  const subject = `repository ${withoutUser(url)}`;
  const home = join(directory, 'checkouts');
  const cleaned = memoizeAsync(async () => removeLeftCheckouts(home));
  const opened = memoizeAsync(async () => {
    await cleaned.get();
    const mirrors = join(directory, 'mirrors');
    const mirror = openMirror({ url, credentials: await credentials(), directory: mirrors, onFetch, ...limits });
    return { mirror, look: lookerOf(settings, mirror, directory, anchor) };
  });
  const use = async <T>(work: (parts: Awaited<ReturnType<typeof opened.get>>) => Promise<T>): Promise<T> => {
    const parts = await opened.get();
    try {
      return await work(parts);
    } catch (error) {
      // A token may be another by the next time, and so may the key of the host.
      if (isSluiceError(error, 'git-unauthorized')) {
        opened.forget();
      }
      throw error;
    }
  };
  return {
    head: async () => use(async ({ look }) => look()),
    checkout: async (commit) =>
      use(async ({ mirror }) => {
        // What is applied still may have left the branch, and the clone with it.
        await mirror.fetchRevision(commit);
        return checkOut(mirror, commit, { home, subject, maxBytes, maxFiles });
      }),
    mark: async (tag, commit, agent, seconds) =>
      use(async ({ mirror }) =>
        moveTag(mirror, tag, commit, { message: `Applied by ${agent}`, tagger: AUTHOR, seconds }),
      ),
  };
}

function lookerOf(
  { branch, verify, verifyKeys }: SourceSettings,
  mirror: Mirror,
  home: string,
  anchor: Anchor,
): () => Promise<Head> {
  if (verify === 'none' || verifyKeys === undefined) {
    return async () => {
      const head = await mirror.fetchHead(branch);
      return { head, commit: head, problems: [] };
    };
  }
  const verified = openVerifier({ mirror, mode: verify, keys: verifyKeys, home, anchor });
  return async () => {
    const { head, commit, refused } = await verified(branch);
    const problems = refused.map((one) => `commit ${one.commit.slice(0, SHORT)}: ${one.fault}`);
    return { head, commit, problems: commit === head ? [] : problems };
  };
}
