import type { Host } from './api.ts';
import { type MergeMethod, mergePull } from './merge.ts';
import type { Pull } from './pull.ts';
import { closePull, pullOf, refreshPulls, reopenPull } from './pulls.ts';
import type { Repository } from './repository.ts';
import { PERSON } from './users.ts';

/** What a person does in the web pages of a repository. */
export interface Person {
  /** Gives the new head of the base. */
  mergePullRequest(number: number, method?: MergeMethod): Promise<string>;
  closePullRequest(number: number): Promise<void>;
  reopenPullRequest(number: number): Promise<void>;
  /** Pull requests of it are closed by that. */
  deleteBranch(branch: string): Promise<void>;
  /** The checks that a pull request waits for end well: it is merged, if that was asked for. */
  passChecks(number: number): Promise<void>;
  /** All, as their branches stand now. */
  pullRequests(): Promise<readonly Pull[]>;
}

/** The hands of `octocat`, who may do anything. */
export function personAt(host: Host, repository: Repository): Person {
  const find = async (number: number) => pullOf(host, repository, String(number));
  return {
    mergePullRequest: async (number, method = 'merge') =>
      mergePull(host, repository, await find(number), { method, by: PERSON }),
    closePullRequest: async (number) => closePull(host, await find(number)),
    reopenPullRequest: async (number) => reopenPull(host, repository, await find(number)),
    async deleteBranch(branch) {
      await repository.git.run(['update-ref', '-d', `refs/heads/${branch}`]);
      await refreshPulls(host, repository);
    },
    async passChecks(number) {
      const pull = await find(number);
      if (pull.autoMerge !== null) {
        await mergePull(host, repository, pull, { method: pull.autoMerge, by: pull.autoMergeBy ?? PERSON });
      }
    },
    async pullRequests() {
      await refreshPulls(host, repository);
      return repository.pulls;
    },
  };
}
