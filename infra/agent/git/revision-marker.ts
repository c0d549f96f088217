import type { Log } from '../../../shared/log.ts';
import type { Election } from '../leader/election.ts';
import type { GitSource } from './source.ts';

export interface RevisionMarkerOptions {
  /** Absent where the source has no tags. */
  readonly put: GitSource['mark'];
  /** The marker tag's name; false for none. */
  readonly tag: string | false;
  /** Which source it marks for. */
  readonly owner: string;
  readonly election: Election | undefined;
  readonly log: Log;
}

/** Keeps the marker tag of a source on the revision that was applied last as a whole. */
export class RevisionMarker {
  readonly #options: RevisionMarkerOptions;
  #marked: string | undefined;

  constructor(options: RevisionMarkerOptions) {
    this.#options = options;
  }

  /** Moves the tag, once for a revision and a term of leadership. @throws SluiceError `git-…`, `leadership-lost` */
  async move(revision: string): Promise<void> {
    const { put, tag, owner, election, log } = this.#options;
    // Who led meanwhile may have put it elsewhere.
    const mark = `${revision} in term ${election?.terms() ?? 1}`;
    if (tag === false || put === undefined || mark === this.#marked) {
      return;
    }
    election?.check();
    await put(tag, revision, owner, Math.floor(Date.now() / 1000));
    this.#marked = mark;
    log.info('marker moved', { tag, revision });
  }
}
