import { setTimeout as sleep } from 'node:timers/promises';
import { lookUpImage, type RegistryFor } from '../../shared/decision/look-up.ts';
import type { WatchedRepository } from '../../shared/decision/repository.ts';
import { isSluiceError, SluiceError } from '../../shared/errors.ts';
import { commitMessage } from '../../shared/git-host/commit-message.ts';
import { parseReference } from '../../shared/image/reference.ts';
import type { Log } from '../../shared/log.ts';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { type Folded, foldUpdates } from './fold.ts';

/** What commit-image holds: the only write tokens there are, and eyes on registries for deciding again. */
export interface CommitPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly registry: RegistryFor;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A moved head is met by deciding again on the new one, so many times and with a pause of up to so long. */
const ATTEMPTS = 6;
const LONGEST_PAUSE_MILLIS = 800;

/**
 * Commits updates of one repository and branch as one commit; none where nothing is left to change.
 *
 * @returns what became of each update, in their order
 * @throws SluiceError where the host refused or did not answer; none of the updates is committed then
 */
export async function commitUpdates(updates: readonly ImageUpdate[], ports: CommitPorts): Promise<readonly Folded[]> {
  const repository = repositoryOf(updates, ports.repositories);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await commitOnce(updates, repository, ports);
    } catch (error) {
      if (!isSluiceError(error, 'git-head-moved') || attempt === ATTEMPTS) {
        throw error;
      }
      ports.log.info('head moved', { repository: repository.config.url, attempt, reason: error.message });
      await sleep(Math.random() * Math.min(LONGEST_PAUSE_MILLIS, 50 * 2 ** attempt));
    }
  }
}

async function commitOnce(
  updates: readonly ImageUpdate[],
  { config, host }: WatchedRepository,
  ports: CommitPorts,
): Promise<readonly Folded[]> {
  const head = await host.head(config.branch);
  const paths = [...new Set(updates.map(({ site }) => site.file))];
  const files = await host.files(head, paths);
  const { edits, folded } = await foldUpdates(updates, files, (image) => {
    const { registry, repository } = parseReference(image);
    return lookUpImage(registry, repository, ports.registry);
  });
  const changes = folded.filter((one) => one.action === 'change');
  if (edits.length === 0) {
    tell(folded, head, undefined, config.url, ports);
    return folded;
  }
  const commit = await host.commit({
    branch: config.branch,
    expectedHead: head,
    edits,
    message: commitMessage(changes, { skipCi: config.delivery.skipCi }),
    author: config.author,
  });
  tell(folded, head, commit, config.url, ports);
  return folded;
}

function tell(
  folded: readonly Folded[],
  head: string,
  commit: string | undefined,
  repository: string,
  { log, now }: CommitPorts,
): void {
  for (const one of folded) {
    const { push, site, image } = one.update;
    const told = log.with({ push: push.id, repository, image, ...site });
    if (one.action === 'change') {
      const sincePushMillis = now() - Date.parse(push.receivedAt);
      told.info('image committed', { commit, parent: head, from: one.from, to: one.to, sincePushMillis });
    } else if (one.action === 'drop') {
      told.info('update dropped', { to: one.update.to.tag, reason: one.reason });
    } else {
      told.error('update failed', { to: one.update.to.tag, error: one.error });
    }
  }
}

function repositoryOf(updates: readonly ImageUpdate[], repositories: readonly WatchedRepository[]): WatchedRepository {
  const [first] = updates;
  const found = repositories.find(({ config }) => config.url === first?.repository && config.branch === first?.branch);
  if (found === undefined) {
    throw new SluiceError({
      code: 'git-not-found',
      subject: `repository ${first?.repository} branch ${first?.branch}`,
      expected: 'a repository of sluice.yml',
      found: 'one that is not configured any more',
    });
  }
  return found;
}
