import { isSluiceError, type SluiceError } from '../../errors.ts';

/** The heads of branches that hold more than they may: such a one is not fetched again before its branch moves. */
export class RefusedHeads {
  readonly #byBranch = new Map<string, { readonly commit: string; readonly error: SluiceError }>();

  /**
   * Fetches the head of a branch.
   *
   * @param fetch calls `check` with the head before it asks for it; that throws the error of a head that was refused
   * @throws what `fetch` does
   */
  async guard<T>(branch: string, fetch: (check: (commit: string) => void) => Promise<T>): Promise<T> {
    let head = '';
    const check = (commit: string) => {
      head = commit;
      const refused = this.#byBranch.get(branch);
      if (refused?.commit === commit) {
        throw refused.error;
      }
    };
    try {
      const fetched = await fetch(check);
      this.#byBranch.delete(branch);
      return fetched;
    } catch (error) {
      if (head !== '' && isSluiceError(error, 'git-too-large')) {
        this.#byBranch.set(branch, { commit: head, error });
      }
      throw error;
    }
  }
}
