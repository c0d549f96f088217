import { SluiceError } from '../../../errors.ts';
import type { GitLabResponse } from './response.ts';
import type { GitLabRequest, GitLabTransport } from './transport.ts';

/** A list as a whole; gitbeaker follows its pages for as long as there is a next one. */
const MAX_PAGES = 1000;
const MAX_LIST_BYTES = 48 * 1024 * 1024;

/** Takes no more replies, and no more of them together, than a list may have. */
export class ListTransport implements GitLabTransport {
  readonly #subject: string;
  readonly #transport: GitLabTransport;
  #pages = 0;
  #bytes = 0;

  constructor(subject: string, transport: GitLabTransport) {
    this.#subject = subject;
    this.#transport = transport;
  }

  /** @throws SluiceError `git-too-large` */
  async send(request: GitLabRequest): Promise<GitLabResponse> {
    this.#pages += 1;
    const reply = this.#pages > MAX_PAGES ? undefined : await this.#transport.send(request);
    this.#bytes += reply?.body.length ?? 0;
    if (reply === undefined || this.#bytes > MAX_LIST_BYTES) {
      throw new SluiceError({
        code: 'git-too-large',
        subject: this.#subject,
        expected: `a list of at most ${MAX_PAGES} pages and ${MAX_LIST_BYTES} bytes`,
        found: 'a longer one',
        next: 'Name the folders of its manifests in sluice.yml.',
      });
    }
    return reply;
  }
}
