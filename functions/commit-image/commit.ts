import { setTimeout as sleep } from 'node:timers/promises';
import { lookUpImage, type RegistryFor } from '../../shared/decision/look-up.ts';
import type { WatchedRepository } from '../../shared/decision/repository.ts';
import { isSluiceError, SluiceError } from '../../shared/errors.ts';
import { commitMessage } from '../../shared/git-host/commit-message.ts';
import { parseReference } from '../../shared/image/reference.ts';
import type { Log } from '../../shared/log.ts';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { type Folded, foldUpdates } from './fold.ts';
import type { KnownHeads } from './known-heads.ts';

/** What commit-image holds: the only write tokens there are, and eyes on registries for deciding again. */
export interface CommitPorts {
  readonly repositories: readonly WatchedRepository[];
  readonly registry: RegistryFor;
  readonly heads: KnownHeads;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A moved head is met by deciding again on the new one, so many times and with a pause of up to so long. */
const ATTEMPTS = 6;
const LONGEST_PAUSE_MILLIS = 800;

/** Updates folded into one head, and the commit that came of it; none where nothing was left to change. */
interface Attempt {
  readonly head: string;
  readonly commit: string | undefined;
  readonly folded: readonly Folded[];
}

/**
 * Commits updates of one repository and branch as one commit; none where nothing is left to change.
 *
 * @returns what became of each update, in their order
 * @throws SluiceError where the host refused or did not answer; none of the updates is committed then
 */
export async function commitUpdates(updates: readonly ImageUpdate[], ports: CommitPorts): Promise<readonly Folded[]> {
  const repository = repositoryOf(updates, ports.repositories);
  const attempt = (await commitOnGuess(updates, repository, ports)) ?? (await commitOnHead(updates, repository, ports));
  tell(attempt, repository, ports);
  return attempt.folded;
}

/**
 * Begins on the head that the updates were decided on, without asking the host: as a rule the branch is still there,
 * and where it is not, the push is rejected. That nothing is left to change is not believed of a guess.
 */
async function commitOnGuess(
  updates: readonly ImageUpdate[],
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Attempt | undefined> {
  try {
    const attempt = await commitOn(ports.heads.from(updates.at(-1)?.revision ?? ''), updates, repository, ports);
    return attempt.commit === undefined ? undefined : attempt;
  } catch (error) {
    // Elsewhere by now, or decided by a process that has a clone of its own.
    if (isSluiceError(error, 'git-head-moved', 'git-not-found')) {
      return undefined;
    }
    throw error;
  }
}

async function commitOnHead(
  updates: readonly ImageUpdate[],
  repository: WatchedRepository,
  ports: CommitPorts,
): Promise<Attempt> {
  for (let attempt = 1; ; attempt += 1) {
    const head = await repository.host.head(repository.config.branch);
    try {
      return await commitOn(head, updates, repository, ports);
    } catch (error) {
      if (!isSluiceError(error, 'git-head-moved') || attempt === ATTEMPTS) {
        throw error;
      }
      ports.log.info('head moved', { repository: repository.config.url, attempt, reason: error.message });
      await sleep(Math.random() * Math.min(LONGEST_PAUSE_MILLIS, 50 * 2 ** attempt));
    }
  }
}

async function commitOn(
  head: string,
  updates: readonly ImageUpdate[],
  { config, host }: WatchedRepository,
  { registry: registryFor, heads }: CommitPorts,
): Promise<Attempt> {
  const files = await host.files(head, [...new Set(updates.map(({ site }) => site.file))]);
  const { edits, folded } = await foldUpdates(updates, files, (image) => {
    const { registry, repository } = parseReference(image);
    return lookUpImage(registry, repository, registryFor);
  });
  if (edits.length === 0) {
    return { head, commit: undefined, folded };
  }
  const changes = folded.filter((one) => one.action === 'change');
  const commit = await host.commit({
    branch: config.branch,
    expectedHead: head,
    edits,
    message: commitMessage(changes, { skipCi: config.delivery.skipCi }),
    author: config.author,
  });
  heads.committed(head, commit);
  return { head, commit, folded };
}

function tell({ head, commit, folded }: Attempt, { config }: WatchedRepository, { log, now }: CommitPorts): void {
  for (const one of folded) {
    const { push, site, image, to } = one.update;
    const told = log.with({ push: push.id, repository: config.url, image, ...site });
    if (one.action === 'change') {
      const sincePushMillis = now() - Date.parse(push.receivedAt);
      told.info('image committed', { commit, parent: head, from: one.from, to: one.to, sincePushMillis });
    } else if (one.action === 'drop') {
      told.info('update dropped', { to: to.tag, reason: one.reason });
    } else {
      told.error('update failed', { to: to.tag, error: one.error });
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
