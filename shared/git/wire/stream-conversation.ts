import type { Readable, Writable } from 'node:stream';
import { SluiceError } from '../../errors.ts';
import { MAX_ADVERTISEMENT_BYTES, MAX_REPLY_BYTES, TooMuchError } from './limits.ts';
import { FLUSH, SectionEnd } from './pkt-line.ts';
import type { Conversation } from './transport.ts';

/** The two ends of a service that talks over a stream, once it has started. */
export interface ServiceStream {
  readonly input: Writable;
  readonly output: Readable;
  /** Settles when it has ended; rejects where it did not end well, with what it said. */
  readonly ended: Promise<void>;
  /** Ends it by force. */
  readonly stop: () => void;
}

/** A conversation over SSH or with a process: the host speaks first, and says all it has to say before it ends. */
export class StreamConversation implements Conversation {
  readonly #subject: string;
  readonly #start: Promise<ServiceStream>;
  /** What was read and not returned yet. */
  #taken: Buffer = Buffer.alloc(0);
  #refs: Promise<Buffer> | undefined;
  #isEnding = false;

  /** @param start the service, once it has begun; a rejection is thrown as it is */
  constructor(subject: string, start: Promise<ServiceStream>) {
    this.#subject = subject;
    this.#start = start;
  }

  async advertisement(): Promise<Buffer> {
    this.#refs ??= this.#readRefs();
    return this.#refs;
  }

  async reply(request: Buffer): Promise<Buffer> {
    await this.advertisement();
    const service = await this.#start;
    this.#isEnding = true;
    service.input.end(request);
    return readUntil(service, this.#taken, MAX_REPLY_BYTES);
  }

  end(): void {
    this.#start
      .then(({ input, stop }) => {
        // A service that was asked for nothing is told so.
        if (!this.#isEnding) {
          input.end(FLUSH);
        }
        stop();
      })
      .catch(() => {});
  }

  async #readRefs(): Promise<Buffer> {
    const section = new SectionEnd();
    this.#taken = await readUntil(await this.#start, this.#taken, MAX_ADVERTISEMENT_BYTES, section);
    const { end } = section;
    if (end === undefined) {
      const found = 'the host hung up';
      throw new SluiceError({ code: 'git-unavailable', subject: this.#subject, found, retryable: true });
    }
    const refs = this.#taken.subarray(0, end);
    this.#taken = this.#taken.subarray(end);
    return refs;
  }
}

/** Reads to the end of a section, or to the end of all. @throws {@link TooMuchError} */
async function readUntil(
  { output, ended }: ServiceStream,
  before: Buffer,
  maxBytes: number,
  section?: SectionEnd,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    try {
      section?.add(chunk);
    } catch (cause) {
      reject(cause);
    }
    if (section?.end !== undefined) {
      resolve(Buffer.concat(chunks));
    } else if (bytes > maxBytes) {
      reject(new TooMuchError(`an answer of at most ${maxBytes} bytes`));
    }
  };
  onData(before);
  // What it says on its way out tells more than that it has ended.
  const onEnd = () => void ended.then(() => resolve(Buffer.concat(chunks)), reject);
  output.on('data', onData);
  output.once('end', onEnd);
  output.once('error', reject);
  ended.catch(reject);
  output.resume();
  try {
    return await promise;
  } finally {
    output.pause();
    output.off('data', onData);
    output.off('end', onEnd);
    output.off('error', reject);
  }
}
