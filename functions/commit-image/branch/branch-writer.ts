import type { RepositoryConfig } from '../../../shared/config/repository.ts';
import { readBlocksInTurn } from '../../../shared/decision/blocks.ts';
import { readHolds } from '../../../shared/decision/holds.ts';
import type { WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { lookUpSource, TagLookups } from '../../../shared/decision/tag-lookup.ts';
import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import type { FileEdit, GitHost, PastCommit } from '../../../shared/git-host/port.ts';
import { parseReference } from '../../../shared/image/reference.ts';
import type { Log } from '../../../shared/log.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { commitMessage, styleOf } from '../message/commit-message.ts';
import type { CommitPorts } from '../ports.ts';
import { type AppliedUpdates, applyUpdates } from './apply-updates.ts';
import type { CommitOptions, CommitPosition, CommitResult, DecidedUpdates, DecideOptions } from './commit-result.ts';
import { retryOnMovedHead } from './retry-on-moved-head.ts';
import { filesOfUpdates } from './update-files.ts';
import { UpdateGuards } from './update-guards.ts';
import { changesOf, type UpdateResult } from './update-result.ts';

/** Writes updates to the watched branch of one repository, and to branches beside it. */
export class BranchWriter {
  readonly config: RepositoryConfig;
  readonly host: GitHost;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly #repository: WatchedRepository;
  readonly #registry: CommitPorts['registry'];
  readonly #heads: CommitPorts['heads'];

  constructor(
    repository: WatchedRepository,
    { registry, heads, log, now }: Pick<CommitPorts, 'registry' | 'heads' | 'log' | 'now'>,
  ) {
    this.config = repository.config;
    this.host = repository.host;
    this.log = log;
    this.now = now;
    this.#repository = repository;
    this.#registry = registry;
    this.#heads = heads;
  }

  /** Commits updates to the watched branch, as one commit. */
  async commitUpdates(updates: readonly ImageUpdate[]): Promise<CommitResult> {
    const { branch } = this.config;
    const guessed = await this.#commitOnLikelyHead(updates);
    return guessed ?? this.retry(async () => this.commitAt(updates, { branch, head: await this.host.head(branch) }));
  }

  /** Decides updates on the tree at a position, and commits what is left to change. */
  async commitAt(
    updates: readonly ImageUpdate[],
    position: CommitPosition,
    { trailers = '', ...options }: CommitOptions = {},
  ): Promise<CommitResult> {
    const { branch, head, isNew = false, overtakes } = position;
    const historyOf = isNew || overtakes !== undefined ? this.config.branch : branch;
    const { edits, results, notes } = await this.decide(updates, head, historyOf, options);
    if (edits.length === 0) {
      return { head, commit: undefined, results, notes, notesAt: { ...position, trailers } };
    }
    const commit = await this.commit(position, edits, this.messageOf(results, trailers));
    return { head, commit, results, notes, notesAt: { branch, head: commit } };
  }

  /**
   * Applies updates to the tree at a head, and holds back what people have said no to, and what is frozen.
   *
   * @param historyOf the branch whose history tells of rollbacks; `head` is its own, or in its history
   */
  async decide(
    updates: readonly ImageUpdate[],
    head: string,
    historyOf: string,
    { isClaim, ...refusals }: DecideOptions,
  ): Promise<DecidedUpdates> {
    const { others: manifests, passedOver, ...own } = await filesOfUpdates(updates, head, this.#repository);
    const blocks = await readBlocksInTurn(own.blockList, this.now());
    const holds = readHolds({ ...own, freezes: this.#repository.freezes }, this.now());
    const lookUpFor = this.#lookUps();
    const place = { repository: this.#repository, branch: historyOf, head, heads: this.#heads };
    const guards = new UpdateGuards({ ...place, ...refusals, blocks, lookUpFor });
    const ports = { lookUpFor, guards, holds, isClaim, passedOver, origin: this.config };
    const applied = await applyUpdates(updates, manifests, ports);
    return { ...applied, notes: guards.notes(changesOf(applied.results)) };
  }

  /** Applies what was found good elsewhere to the tree at a head, as it is. */
  async apply(updates: readonly ImageUpdate[], head: string): Promise<AppliedUpdates> {
    const { others: files, passedOver } = await filesOfUpdates(updates, head, this.#repository);
    return applyUpdates(updates, files, { lookUpFor: this.#lookUps(), passedOver, origin: this.config });
  }

  /** Makes a commit, remembers it, and gives its revision. @throws SluiceError `git-head-moved` */
  async commit(
    { branch, head, isNew = false, overtakes }: CommitPosition,
    edits: readonly FileEdit[],
    message: string,
  ): Promise<string> {
    const { author, committer, delivery } = this.config;
    const skipCi = delivery.skipCi === 'push-option';
    const asked = {
      branch,
      expectedHead: head,
      newBranch: isNew,
      overtakes,
      edits,
      message,
      author,
      committer,
      skipCi,
    };
    const revision = await this.host.commit(asked);
    // Git counts in seconds.
    const committedAt = Math.floor(this.now() / 1000) * 1000;
    this.#heads.committed(head, { revision, message, committedAt, parents: [head] });
    return revision;
  }

  /** The message of a commit of what was changed. @param trailers more of them, each a line */
  messageOf(results: readonly UpdateResult[], trailers = ''): string {
    return `${commitMessage(changesOf(results), styleOf(this.config))}${trailers}`;
  }

  /** The head of a branch; undefined where there is no such branch. */
  async headIfAny(branch: string): Promise<string | undefined> {
    try {
      return await this.host.head(branch);
    } catch (error) {
      if (isSluiceError(error, 'git-not-found')) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * The history of a head, asked of the host where it is not known.
   *
   * @throws SluiceError `git-head-moved` where the branch does not stand there
   */
  async history(branch: string, head: string): Promise<readonly PastCommit[]> {
    const history = await this.#heads.history(head, async () => this.host.history(branch));
    const found = history[0]?.revision;
    if (found !== head) {
      throw headMoved(this.config.url, branch, head, found);
    }
    return history;
  }

  /** Does work that begins with a look at a head, again where the head moved meanwhile. */
  async retry<T>(work: () => Promise<T>): Promise<T> {
    return retryOnMovedHead(work, this.log);
  }

  /** Where an image was built from, as far as its registry tells. */
  async sourceOf(image: string): ReturnType<typeof lookUpSource> {
    return lookUpSource(image, this.#registry, this.log);
  }

  /**
   * Begins on the head that the updates were decided on, without asking the host: as a rule the branch is still there,
   * and where it is not, the push is rejected. That nothing is left to change is not believed of a guess.
   */
  async #commitOnLikelyHead(updates: readonly ImageUpdate[]): Promise<CommitResult | undefined> {
    const head = this.#heads.from(updates.at(-1)?.revision ?? '');
    try {
      const result = await this.commitAt(updates, { branch: this.config.branch, head });
      return result.commit === undefined ? undefined : result;
    } catch (error) {
      // Elsewhere by now, or decided by a process that has a clone of its own.
      if (isSluiceError(error, 'git-head-moved', 'git-not-found')) {
        return undefined;
      }
      throw error;
    }
  }

  /** Look-ups by an image's name, so that nothing is asked twice. */
  #lookUps() {
    const lookUps = new TagLookups(this.#registry);
    return (image: string) => {
      const { registry, repository } = parseReference(image);
      return lookUps.of(registry, repository);
    };
  }
}

function headMoved(url: string, branch: string, expected: string, found: string | undefined): SluiceError {
  return new SluiceError({
    code: 'git-head-moved',
    subject: `repository ${url} branch ${branch}`,
    expected: `${expected} at its head`,
    found: found ?? 'no commit',
    retryable: true,
  });
}
