import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import { type GitCall, runGit } from '../../../shared/git/run-git.ts';
import { CloneDirectory } from './clone-directory.ts';
import { isDamage } from './clone-fault.ts';

type MoreOfCall = Pick<Partial<GitCall>, 'environment' | 'input' | 'fault' | 'isTooMuch' | 'outputFile'>;

/**
 * A bare repository on this machine that can be made anew at any time. It is made when it is first used; other
 * processes may use the same directory.
 */
export class Clone {
  readonly #directory: CloneDirectory;
  readonly #subject: string;
  readonly #limits: Pick<GitCall, 'timeoutMillis' | 'memoryBytes'>;
  #generation = 0;
  /** The identity of the directory, once it is there. */
  #made: Promise<string> | undefined;

  constructor(home: string, subject: string, limits: Pick<GitCall, 'timeoutMillis' | 'memoryBytes'>) {
    const init = ['init', '--quiet', '--bare', '--template='];
    this.#directory = new CloneDirectory(home, async (directory) => this.#call(directory, init));
    this.#subject = subject;
    this.#limits = limits;
  }

  /** How often it was thrown away: whoever sees another number than before may try again. */
  get generation(): number {
    return this.#generation;
  }

  /** Runs git in it. A damaged clone is thrown away, and the error is retryable then. @throws SluiceError `git-…` */
  async run(command: readonly string[], more?: MoreOfCall): Promise<Buffer> {
    const identity = await this.#openLatest();
    const seen = this.#generation;
    try {
      return await this.#call(this.#directory.path, command, more);
    } catch (error) {
      throw isSluiceError(error) ? await this.#explain(error, identity, seen) : error;
    }
  }

  /** Throws it away because of what was found, and returns the error to throw. */
  async damaged(found: string): Promise<SluiceError> {
    await this.#discardOnce(this.#generation);
    return this.#damage(found);
  }

  /** Throws it away where so much has gathered in it that anew is cheaper than cleaned. */
  async discardOvergrown(): Promise<void> {
    if (await this.#directory.isOvergrown()) {
      await this.#discardOnce(this.#generation);
    }
  }

  async #call(directory: string, command: readonly string[], more: MoreOfCall = {}): Promise<Buffer> {
    return runGit({ arguments: command, directory, subject: this.#subject, ...this.#limits, ...more });
  }

  /** Returns what to throw for an error of git. A clone that is to blame for it is thrown away. */
  async #explain(error: SluiceError, identity: string, seen: number): Promise<SluiceError> {
    const directory = this.#directory;
    if (identity !== (await directory.identify())) {
      this.#leave(seen);
      return this.#damage(`another process threw it away (${error.found})`, error);
    }
    // Git without memory says what git in a damaged clone says, and more.
    const isDamaged = isDamage(error, directory.path) && error.code !== 'git-too-large';
    if (isDamaged || !directory.isThere()) {
      await this.#discardOnce(seen);
      return this.#damage(error.found, error);
    }
    return error;
  }

  /** Opens the one that is there now, which another process may have made in the place of ours. */
  async #openLatest(): Promise<string> {
    const seen = this.#generation;
    const identity = await this.#open();
    if (identity === (await this.#directory.identify())) {
      return identity;
    }
    this.#leave(seen);
    return this.#open();
  }

  async #open(): Promise<string> {
    this.#made ??= this.#directory.make().catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  async #discardOnce(seen: number): Promise<void> {
    if (this.#leave(seen)) {
      await this.#directory.discard();
    }
  }

  /** Of several calls that find it gone or damaged, the first counts; true for that one. */
  #leave(seen: number): boolean {
    const isFirst = seen === this.#generation;
    if (isFirst) {
      this.#generation += 1;
      this.#made = undefined;
    }
    return isFirst;
  }

  #damage(found: string, cause?: unknown): SluiceError {
    return new SluiceError({
      code: 'git-unavailable',
      subject: this.#subject,
      expected: 'a sound local clone',
      found,
      next: 'It is made anew.',
      retryable: true,
      cause,
    });
  }
}
