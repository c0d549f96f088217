import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** An object of a repository. */
export interface GitObject {
  readonly type: string;
  readonly content: Buffer;
}

/** A request that waits for its answer; undefined: there is no such object, or git cannot read it. */
type Answer = (object: GitObject | undefined) => void;

const LINE_BREAK = '\n'.charCodeAt(0);
/** Processes that are kept: tests have a repository each, and are done with it soon. */
const MOST_OPEN = 4;
const open: ObjectReader[] = [];

/**
 * Reads objects by their ids, from one `git cat-file --batch` that stays: a process for each takes a hundred times as
 * long.
 *
 * @see https://git-scm.com/docs/git-cat-file#_batch_output
 */
export class ObjectReader {
  readonly directory: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #waiting: Answer[] = [];
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Of the object whose head was read; its content and a line break are to come. */
  #head: { readonly type: string; readonly size: number } | undefined;

  constructor(directory: string, env: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.#env = env;
  }

  async read(id: string): Promise<GitObject | undefined> {
    const child = this.#child ?? this.#start();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      child.stdin.write(`${id}\n`);
    });
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    const child = spawn('git', ['-C', this.directory, 'cat-file', '--batch'], {
      env: this.#env,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => {});
    child.stdout.on('data', (piece: Buffer) => this.#child === child && this.#take(piece));
    child.once('error', () => this.#forget(child));
    child.once('close', () => this.#forget(child));
    this.#child = child;
    open.push(this);
    const idle = open.find((one) => one.#waiting.length === 0);
    if (open.length > MOST_OPEN && idle !== undefined) {
      idle.#end();
    }
    return child;
  }

  /** Ends the process; the next read starts another. */
  #end(): void {
    this.#child?.stdin.end();
    this.#forget(this.#child);
  }

  #forget(child: unknown): void {
    if (child === undefined || this.#child !== child) {
      return;
    }
    this.#child = undefined;
    open.splice(open.indexOf(this), 1);
    for (const answer of this.#waiting.splice(0)) {
      answer(undefined);
    }
    [this.#pieces, this.#bytes, this.#head] = [[], 0, undefined];
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    // A large content comes in many pieces, which are joined once.
    while (this.#bytes > (this.#head?.size ?? 0) && this.#answerNext(this.#joined())) {
      // There may be another.
    }
  }

  #joined(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }

  /** Whether something of it was used up. */
  #answerNext(bytes: Buffer): boolean {
    if (this.#head !== undefined) {
      const { type, size } = this.#head;
      this.#drop(bytes, size + 1);
      this.#head = undefined;
      this.#waiting.shift()?.({ type, content: bytes.subarray(0, size) });
      return true;
    }
    const end = bytes.indexOf(LINE_BREAK);
    if (end < 0) {
      return false;
    }
    // `ID TYPE SIZE`, or `ID missing`
    const [, type = '', size] = bytes.toString('latin1', 0, end).split(' ');
    this.#drop(bytes, end + 1);
    if (size === undefined) {
      this.#waiting.shift()?.(undefined);
    } else {
      this.#head = { type, size: Number(size) };
    }
    return true;
  }

  #drop(bytes: Buffer, count: number): void {
    const rest = bytes.subarray(count);
    this.#pieces = [rest];
    this.#bytes = rest.length;
  }
}
