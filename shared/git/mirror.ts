import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError, SluiceError } from '../errors.ts';
import { credentialEnvironment, type GitCredentials } from './credentials.ts';
import { type GitCall, runGit } from './run-git.ts';

export interface MirrorOptions {
  /** `https://…`, `ssh://…`, `user@host:path`, `file://…` or a path. */
  readonly url: string;
  readonly credentials: GitCredentials;
  /** Where mirrors are kept; each has a folder of its own. */
  readonly directory: string;
  /** For one call of git. */
  readonly timeoutMillis: number;
}

/** A shallow bare clone that is kept between uses. It is a cache: a damaged one is thrown away and made anew. */
export interface Mirror {
  /** The head of a branch, asked of the host now; its tree is here afterwards. @throws SluiceError `git-…` */
  fetchHead(branch: string): Promise<string>;
  /** Runs git in the clone, without speaking to the host. */
  local(command: readonly string[], input?: string | Buffer): Promise<Buffer>;
  /** Runs git with the host's URL in the place of `URL`. One at a time. */
  remote(command: readonly string[]): Promise<Buffer>;
}

/** Stands in `remote` commands for the repository's URL. */
export const URL_PLACE = '<url>';

const DAMAGED = /\.lock|bad object|corrupt|not a git repository|unable to read|index-pack failed|missing (blob|tree|commit)/i;

/**
 * Opens the mirror of a repository. Processes must not share a directory; callers within one may.
 *
 * @throws SluiceError `config-invalid` for a URL that git would take for an option or a command
 */
export function openMirror({ url, credentials, directory, timeoutMillis }: MirrorOptions): Mirror {
  refuseOptions(url);
  const home = join(directory, createHash('sha256').update(url).digest('hex').slice(0, 32));
  const subject = `repository ${url.replace(/\/\/[^/@]+@/, '//')}`;
  const environment = credentialEnvironment(url, credentials);
  const call = (command: readonly string[], more: Partial<GitCall> = {}) =>
    runGit({ arguments: command, directory: home, timeoutMillis, subject, ...more });
  const inTurn = queue();
  let isReady = false;

  const prepare = async () => {
    if (!isReady) {
      await mkdir(home, { recursive: true, mode: 0o700 });
      await call(['init', '--quiet', '--bare']);
      isReady = true;
    }
  };
  const remote = async (command: readonly string[]) => {
    await prepare();
    return call(
      command.map((part) => (part === URL_PLACE ? url : part)),
      { environment },
    );
  };
  const fetch = async (branch: string) => {
    const ref = `refs/sluice/${branch}`;
    await remote(['fetch', '--quiet', '--no-tags', '--depth=1', '--', URL_PLACE, `+refs/heads/${branch}:${ref}`]);
    return (await call(['rev-parse', '--verify', '--quiet', ref])).toString('utf8').trim();
  };
  const fetchOrStartAnew = async (branch: string) => {
    try {
      return await fetch(branch);
    } catch (error) {
      if (!isSluiceError(error) || !DAMAGED.test(error.found) || error.code === 'git-not-found') {
        throw error;
      }
      await rm(home, { recursive: true, force: true });
      isReady = false;
      return fetch(branch);
    }
  };
  const waiting = new Map<string, Promise<string>>();

  return {
    async fetchHead(branch) {
      refuseOptions(branch);
      // Who asks while a fetch has not begun yet shares it: what it will see is as new.
      const shared = waiting.get(branch);
      if (shared !== undefined) {
        return shared;
      }
      const head = inTurn(async () => {
        waiting.delete(branch);
        return fetchOrStartAnew(branch);
      });
      waiting.set(branch, head);
      return head;
    },
    async local(command, input) {
      await prepare();
      return call(command, input === undefined ? {} : { input });
    },
    remote: async (command) => inTurn(async () => remote(command)),
  };
}

/** One after the other, in the order of the calls. */
function queue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
}

function refuseOptions(text: string): void {
  if (text === '' || text.startsWith('-') || text.includes('::') || /[\0\n]/.test(text)) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: 'repository',
      expected: 'a URL and a branch',
      found: JSON.stringify(text),
    });
  }
}
