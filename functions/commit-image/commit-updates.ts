import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { SluiceError } from '../../shared/errors.ts';
import { holdFields } from '../../shared/hold/hold.ts';
import type { LogFields } from '../../shared/log.ts';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { BranchWriter } from './branch/branch-writer.ts';
import type { CommitResult } from './branch/commit-result.ts';
import { PushBranch } from './branch/push-branch.ts';
import type { UpdateResult } from './branch/update-result.ts';
import { writeDownRollbacks } from './branch/write-down-rollbacks.ts';
import type { CommitPorts } from './ports.ts';
import { PullRequestDelivery } from './pull-requests/deliver-pull-requests.ts';

/** The milliseconds that a branch has from now on. */
export type Share = () => number;

/**
 * Commits updates of one repository and branch as one commit, or proposes them as pull requests; nothing where nothing
 * is left to change.
 *
 * @returns what became of each update, in their order
 * @param share what the branch may take once its rate limit lets it begin
 * @throws SluiceError where the host refused or did not answer; none of the updates is committed then
 */
export async function commitUpdates(
  updates: readonly ImageUpdate[],
  ports: CommitPorts,
  share: Share,
): Promise<readonly UpdateResult[]> {
  const repository = repositoryOf(updates, ports.repositories);
  const { config } = repository;
  await ports.rateLimit(config, updates.length);
  const writer = new BranchWriter(repository, { ...ports, log: ports.log.with(describeUpdates(updates)) });
  const committed = await ports.time.spend(config, share(), async () => {
    const made = await commitBy(writer, updates);
    for (const result of made.filter(hasNotes)) {
      await writeDownRollbacks(result, writer);
    }
    return made;
  });
  for (const result of committed) {
    tell(result, repository, ports);
  }
  const results = new Map(committed.flatMap((result) => result.results.map((one) => [one.update, one])));
  return updates.flatMap((update) => results.get(update) ?? []);
}

/** As the repository is configured: on its branch, on a push branch, or by pull requests. */
async function commitBy(writer: BranchWriter, updates: readonly ImageUpdate[]): Promise<readonly CommitResult[]> {
  const { branch, delivery } = writer.config;
  if (delivery.mode !== 'commit') {
    return new PullRequestDelivery(writer).propose(updates);
  }
  const { pushBranch = branch } = delivery;
  const target = pushBranch === branch ? writer : new PushBranch(pushBranch, writer);
  return [await target.commitUpdates(updates)];
}

function hasNotes({ notes: { noted, over } }: CommitResult): boolean {
  return noted.length > 0 || over.length > 0;
}

/** Updates of one branch in each line about all of them: a message, or a commit that is not made yet. */
export function describeUpdates(updates: readonly ImageUpdate[]): LogFields {
  return {
    repository: updates[0]?.repository,
    branch: updates[0]?.branch,
    pushes: [...new Set(updates.map(({ push }) => push.id))],
    images: [...new Set(updates.map(({ image, to }) => `${image}:${to.tag}`))],
  };
}

function tell(result: CommitResult, { config }: WatchedRepository, { log, now }: CommitPorts): void {
  const { head, commit, pullRequest } = result;
  for (const one of result.results) {
    const { push, site, image, to } = one.update;
    const { url: repository, branch } = config;
    const told = log.with({ push: push.id, repository, branch, image, tag: to.tag, ...site });
    if (one.action === 'change') {
      const sincePushMillis = now() - Date.parse(push.receivedAt);
      const proposed = pullRequest === undefined ? {} : { pullRequest: pullRequest.url };
      const says = pullRequest === undefined ? 'image committed' : 'image proposed';
      told.info(says, { commit, parent: head, from: one.from, to: one.to, sincePushMillis, ...proposed });
    } else if (one.action === 'drop') {
      told.info('update dropped', {
        to: to.tag,
        ...(one.hold === undefined ? { reason: one.reason } : holdFields(one.hold)),
      });
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
