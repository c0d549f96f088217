import { isSluiceError, SluiceError } from '../../../../shared/errors.ts';
import { isRevision } from '../../../../shared/git/revision.ts';
import type { Mirror } from '../mirror.ts';
import type { Anchor, AnchorState } from './anchor.ts';
import { type Choice, chooseRevision, descendantsOf } from './choose.ts';
import { checkCommits, commitsSince } from './commits.ts';
import { type Keyring, openKeyring } from './keyring.ts';

/** Finds the revision of a branch that may be applied. @throws SluiceError `git-…`, `config-invalid`, `cluster-…` */
export type Verifier = (branch: string) => Promise<Verified>;

type Verified = Choice & { readonly head: string };

/** What was found of a branch that has to go on from a commit. */
interface Found extends Verified {
  /** The head does not descend from the commit. */
  readonly isParted: boolean;
  /** Where nobody can tell any more: what to throw unless a person accepts the head. */
  readonly lost?: SluiceError;
}

export interface VerifierOptions {
  readonly mirror: Mirror;
  /** `head`: of the head alone; `all`: of all that came since a revision was applied, which the head has to descend from. */
  readonly mode: 'head' | 'all';
  /** The folder of the keys. */
  readonly keys: string;
  /** Where they are kept for git. */
  readonly home: string;
  readonly anchor: Anchor;
}

/** A verifier that goes on from what was applied last. Where nothing was, there is but the head to look at. */
export function openVerifier(options: VerifierOptions): Verifier {
  const verifier = new BranchVerifier(options);
  return async (branch) => verifier.look(branch);
}

class BranchVerifier {
  readonly #options: VerifierOptions;
  /** What was given last, and what the cluster said then was applied: while it says so still, this one is under way. */
  #given: { readonly commit: string; readonly over: string | undefined } | undefined;
  /** The head that was found good, from where, and by which keys. */
  #good: { readonly head: string; readonly since: string | undefined; readonly keys: string } | undefined;
  /** A head that does not descend from this one. */
  #parted: { readonly head: string; readonly since: string } | undefined;
  /** What a person accepted, and what was applied when something of it was given. */
  #accepted: { readonly commit: string; readonly over: string | undefined } | undefined;
  /** The commit that was looked at last to stay at it, and whether that is right. */
  #stay: { readonly commit: string; readonly keys: string; readonly isGood: boolean } | undefined;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  async look(branch: string): Promise<Verified> {
    const { keys, home, anchor } = this.#options;
    const keyring = await openKeyring(keys, home);
    const { applied, accepted } = await anchor.read();
    const since = this.#given !== undefined && this.#given.over === applied ? this.#given.commit : applied;
    if (accepted !== undefined && this.#isUsed(accepted, applied)) {
      // A replica that stands by may not; who leads does.
      await anchor.forgetAccepted().catch(() => {});
    }
    const { head, commit, refused } = await this.#choose(branch, since, { applied, accepted }, keyring);
    if (commit !== undefined) {
      this.#given = { commit, over: applied };
    }
    return { head, commit, refused };
  }

  /** What a person accepted is accepted once: it would be a way back ever after. */
  #isUsed(accepted: string, applied: string | undefined): boolean {
    return accepted === applied || (this.#accepted?.commit === accepted && this.#accepted.over !== applied);
  }

  async #choose(
    branch: string,
    since: string | undefined,
    { applied, accepted }: AnchorState,
    keyring: Keyring,
  ): Promise<Verified> {
    if (this.#options.mode === 'head' || since === undefined) {
      return this.#headAlone(branch, since, keyring);
    }
    const found = await this.#from(branch, since, keyring);
    if (found.isParted && accepted !== undefined) {
      const another = await this.#from(branch, accepted, keyring);
      if (!another.isParted) {
        this.#accepted = { commit: accepted, over: applied };
        return another;
      }
    }
    if (found.lost !== undefined) {
      throw found.lost;
    }
    return found;
  }

  async #headAlone(branch: string, stay: string | undefined, keyring: Keyring): Promise<Verified> {
    const { mirror } = this.#options;
    const head = await mirror.fetchHead(branch);
    if (this.#isGood(head, head, keyring)) {
      return { head, commit: head, refused: [] };
    }
    const checked = await checkCommits(mirror, [head], keyring);
    return this.#note(chooseRevision(checked, head, await this.#ifGood(stay, keyring)), head, undefined, keyring);
  }

  /** What may be applied of a branch whose head has to descend from `since`. */
  async #from(branch: string, since: string, keyring: Keyring): Promise<Found> {
    const { mirror } = this.#options;
    if (!(await this.#isHere(since))) {
      const head = await mirror.fetchHead(branch);
      return { head, commit: undefined, refused: [], isParted: true, lost: this.#historyLost(branch, since, head) };
    }
    const head = await this.#fetchHead(branch, since);
    if (this.#isGood(head, since, keyring)) {
      return { head, commit: head, refused: [], isParted: false };
    }
    const stay = await this.#ifGood(since, keyring);
    const commits = await commitsSince(mirror, head, since);
    if (!descendantsOf(since, commits).has(head)) {
      // Of another line there may be any number of commits, and no signature makes them right.
      this.#parted = { head, since };
      const fault = `it does not descend from ${since}, which was taken up last. ${this.#howToAccept(head)}`;
      return { head, commit: stay, refused: [{ commit: head, parents: [], fault }], isParted: true };
    }
    const ids = commits.map(({ commit }) => commit);
    const choice = chooseRevision(await checkCommits(mirror, ids, keyring), head, stay, since);
    return { ...this.#note(choice, head, since, keyring), isParted: false };
  }

  async #fetchHead(branch: string, since: string): Promise<string> {
    const { mirror } = this.#options;
    if (this.#parted?.since === since) {
      // The history of both is here, and is not asked for at every look.
      const head = await mirror.fetchHead(branch);
      if (head === this.#parted.head) {
        return head;
      }
    }
    try {
      return await mirror.fetchHead(branch, since);
    } catch (error) {
      // The clone has it still, the host does not: of what it has nothing descends from it.
      if (isSluiceError(error, 'git-not-found')) {
        return mirror.fetchHead(branch);
      }
      throw error;
    }
  }

  async #isHere(revision: string): Promise<boolean> {
    try {
      if (isRevision(revision)) {
        await this.#options.mirror.fetchRevision(revision);
        return true;
      }
    } catch (error) {
      if (!isSluiceError(error, 'git-not-found')) {
        throw error;
      }
    }
    return false;
  }

  /** The commit, where it is well signed: it may be from before signatures were asked for. */
  async #ifGood(commit: string | undefined, keyring: Keyring): Promise<string | undefined> {
    if (commit === undefined) {
      return undefined;
    }
    if (this.#stay?.commit !== commit || this.#stay.keys !== keyring.id) {
      const [checked] = (await this.#isHere(commit)) ? await checkCommits(this.#options.mirror, [commit], keyring) : [];
      this.#stay = { commit, keys: keyring.id, isGood: checked !== undefined && checked.fault === undefined };
    }
    return this.#stay.isGood ? commit : undefined;
  }

  /** Was this head found good, from the same place or as what is applied by now? */
  #isGood(head: string, since: string, keyring: Keyring): boolean {
    const good = this.#good;
    return good?.head === head && good.keys === keyring.id && (since === head || since === good.since);
  }

  #note(choice: Choice, head: string, since: string | undefined, keyring: Keyring): Verified {
    // What is refused is looked at each time: a program may have failed.
    this.#good = choice.refused.length === 0 ? { head, since, keys: keyring.id } : undefined;
    return { head, ...choice };
  }

  #howToAccept(head: string): string {
    return `The branch was set back or rewritten: check it, then accept its head with \`${this.#options.anchor.acceptCommand(head)}\``;
  }

  #historyLost(branch: string, since: string, head: string): SluiceError {
    return new SluiceError({
      code: 'git-unverified',
      subject: `branch ${branch}`,
      expected: `the history since ${since}, which was applied last`,
      found: 'a host that no longer has that commit',
      next: this.#howToAccept(head),
    });
  }
}
