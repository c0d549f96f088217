import type { Log } from '../../../shared/log.ts';
import type { Checkout } from '../git/checkout.ts';
import type { GitSource } from '../git/source.ts';
import type { Measure } from '../observe/measure.ts';
import { maskFile } from '../secrets/credentials.ts';
import type { SecretMask } from '../secrets/secret-mask.ts';
import type { ChartStore } from './chart-memory.ts';
import type { LeftOutFile } from './left-out.ts';
import type { Rendered } from './rendered-object.ts';
import type { Renderer } from './renderer.ts';

export interface RevisionRendererOptions {
  readonly render: Renderer;
  readonly checkout: GitSource['checkout'];
  /** Which source it renders for. */
  readonly owner: string;
  /** From the root of the repository. */
  readonly paths: readonly string[];
  readonly ageKeyFile: string | undefined;
  readonly chartStore: ChartStore;
  readonly measure: Measure;
  readonly secrets: SecretMask;
  readonly log: Log;
}

/** Of what a working tree lacks, in a line of the log. */
const MOST_SHOWN = 10;

/** Renders the revisions of a source, and keeps what is secret in them out of all that is told. */
export class RevisionRenderer {
  readonly #options: RevisionRendererOptions;
  #forgotten: Rendered | undefined;

  constructor(options: RevisionRendererOptions) {
    this.#options = options;
  }

  /** Renders a commit that the source's `head` gave. @throws SluiceError `git-…`, `render-…` */
  async render(commit: string): Promise<Rendered> {
    const { ageKeyFile, secrets, measure, render, paths, owner } = this.#options;
    if (ageKeyFile !== undefined) {
      await maskFile(ageKeyFile, secrets);
    }
    const rendered = await measure.step('render', async (pauseTimer) =>
      render({ commit, wait: pauseTimer, paths, use: async (work) => this.#useFiles(commit, work) }),
    );
    if (rendered.failures.length === 0) {
      secrets.replace(owner, rendered.secrets);
    } else {
      // What could not be read may stand in the cluster as it was before.
      secrets.add(owner, rendered.secrets);
    }
    return rendered;
  }

  /**
   * Forgets the charts that a revision no longer has. Only for one that stands as a whole: until then the one before
   * may be wanted again, with its random values.
   */
  async forgetOtherCharts(rendered: Rendered): Promise<void> {
    const { chartStore, log } = this.#options;
    if (rendered.keptReleases === undefined || rendered === this.#forgotten) {
      return;
    }
    try {
      await chartStore.forgetOthers(rendered.keptReleases);
      this.#forgotten = rendered;
    } catch (error) {
      log.warn('charts that are gone not forgotten', { error });
    }
  }

  /** Runs the work on the files of a commit, and removes them then. */
  async #useFiles(
    commit: string,
    work: (directory: string, left: readonly LeftOutFile[]) => Promise<Rendered>,
  ): Promise<Rendered> {
    const { checkout, log } = this.#options;
    const files = await checkout(commit);
    try {
      this.#logLeftOut(commit, files);
      const rendered = await work(files.directory, files.left);
      for (const { subject, reason } of rendered.passedOver ?? []) {
        log.info('passed over', { revision: commit, object: subject, reason });
      }
      return rendered;
    } finally {
      await files.dispose();
    }
  }

  #logLeftOut(commit: string, { left }: Checkout): void {
    if (left.length > 0) {
      const files = left.slice(0, MOST_SHOWN).map(({ path, reason }) => `${path}: ${reason}`);
      this.#options.log.warn('files left out', { revision: commit, count: left.length, files });
    }
  }
}
