import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awsAccount } from '../../shared/aws/account.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { openRepositories } from '../../shared/composition/open.ts';
import { loadConfig } from '../../shared/config/load.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { messageOf } from '../../shared/errors.ts';
import { silentLog } from '../../shared/log.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';

/** Works on the repositories of a configuration, opened to commit to. @param variables the process's */
export async function withRepositories(
  configFile: string,
  variables: Readonly<Record<string, string | undefined>>,
  work: (repositories: readonly WatchedRepository[]) => Promise<void>,
): Promise<void> {
  const config = loadConfig(configFile);
  const directory = await mkdtemp(join(tmpdir(), 'sluice-'));
  try {
    const opened = {
      config,
      secrets: secretReader(variables),
      aws: awsAccount(variables),
      directory,
      cache: memoryCache(),
      now: Date.now,
      log: silentLog,
    };
    await work(await openRepositories(opened));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Does the same in each repository; where one fails, in the others all the same.
 *
 * @returns what was done, and why it was not elsewhere
 */
export async function inEach<T>(
  repositories: readonly WatchedRepository[],
  work: (repository: WatchedRepository) => Promise<T>,
): Promise<{ readonly done: readonly T[]; readonly failures: readonly string[] }> {
  const settled = await Promise.allSettled(repositories.map(work));
  return {
    done: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    failures: settled.flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : [])),
  };
}

/** @throws Error with all of them, where there are any */
export function throwFailures(failures: readonly string[]): void {
  if (failures.length > 0) {
    throw new Error(failures.join('\n'));
  }
}
