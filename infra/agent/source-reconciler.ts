import type { Log } from '../../shared/log.ts';
import { type DryRun, dryRun } from './dry-run/dry-run.ts';
import type { RevisionMarker } from './git/revision-marker.ts';
import type { GitSource, Head } from './git/source.ts';
import type { Election } from './leader/election.ts';
import type { LoopSource } from './loop-source.ts';
import type { Measure } from './observe/measure.ts';
import type { RevisionObserver } from './observe/revision-observer.ts';
import type { SourceObservers } from './observe/source-observers.ts';
import { type Reconciled, type ReconcilePorts, reconcile } from './reconcile.ts';
import type { RevisionRenderer } from './render/revision-renderer.ts';
import type { Reporter } from './report/report.ts';
import { maskedObserver, maskOutcome, maskReport } from './secrets/masked.ts';
import type { Mask } from './secrets/secret-mask.ts';

export interface SourceReconcilerOptions
  extends Pick<ReconcilePorts, 'cluster' | 'inventory' | 'prune' | 'healthTimeoutMillis'> {
  /** The name that the source has on its objects. */
  readonly owner: string;
  /** For reports. */
  readonly repository: string;
  readonly branch: string;
  readonly pollMillis: number;
  readonly head: GitSource['head'];
  readonly renderer: RevisionRenderer;
  readonly marker: RevisionMarker;
  readonly observers: SourceObservers;
  readonly report: Reporter;
  readonly measure: Measure;
  /** Undefined where there is one replica. */
  readonly election: Election | undefined;
  /** Takes what is secret out of all that is told. */
  readonly mask: Mask;
  readonly log: Log;
}

/** Reconciles the cluster with one source: its own inventory, and its own name on its objects. */
export class SourceReconciler implements LoopSource {
  readonly pollMillis: number;
  readonly log: Log;
  readonly observer: RevisionObserver;
  readonly #options: SourceReconcilerOptions;
  readonly #head: GitSource['head'];

  constructor(options: SourceReconcilerOptions) {
    this.#options = options;
    this.#head = options.measure.instrument(options.head);
    this.pollMillis = options.pollMillis;
    this.log = options.log;
    this.observer = maskedObserver(options.observers.observer, options.mask);
  }

  /** The head of the branch. @throws SluiceError `git-…`, `config-invalid` */
  async head(): Promise<Head> {
    return this.#head();
  }

  /** Renders a commit and applies it. @throws SluiceError `cluster-unreachable`, `git-…`, `leadership-lost` */
  async apply(commit: string, signal: AbortSignal): Promise<Reconciled> {
    const { renderer, measure, mask, election } = this.#options;
    this.observer.applying(commit);
    const rendered = await renderer.render(commit);
    const found = await reconcile(this.#revision(commit), rendered, {
      ...this.#ports(signal),
      progress: { step: measure.step, waiting: (problems) => this.observer.waiting(commit, problems) },
    });
    const outcome = maskOutcome(found, mask);
    if (!outcome.isCutShort) {
      this.observer.applied(outcome);
    }
    // What was seen since the lease was lost may be another's doing.
    election?.check();
    if (found.isWhole) {
      await renderer.forgetOtherCharts(rendered);
    }
    return outcome;
  }

  /** Returns what `apply` would do. @throws SluiceError as it */
  async dryRun(commit: string, signal: AbortSignal): Promise<DryRun> {
    const rendered = await this.#options.renderer.render(commit);
    const { report, diff } = await dryRun(this.#revision(commit), rendered, this.#ports(signal));
    return { report: maskReport(report, this.#options.mask), diff };
  }

  /** Reports what came of a revision. */
  readonly report: Reporter = async (made) => this.#options.report(maskReport(made, this.#options.mask));

  /** Reports a head that may not be applied. */
  async refuse({ head, problems }: Head): Promise<void> {
    const { owner, repository, branch } = this.#options;
    const now = new Date().toISOString();
    const what = { cluster: owner, repository, branch, revision: head, problems: [...problems] };
    await this.report({ version: 1, ...what, objects: [], healthy: false, startedAt: now, finishedAt: now });
  }

  /** Why nothing is to be applied; undefined where that is not so. @throws SluiceError `cluster-…` */
  async suspension(): Promise<string | undefined> {
    return this.#options.observers.suspension();
  }

  /** Waits until what was told of it is written. */
  async settled(): Promise<void> {
    await this.#options.observers.settled();
  }

  #revision(commit: string) {
    const { repository, branch } = this.#options;
    return { repository, branch, commit };
  }

  #ports(signal: AbortSignal): ReconcilePorts {
    const { cluster, inventory, marker, owner, prune, healthTimeoutMillis, log } = this.#options;
    return {
      ...{ cluster, inventory, prune, healthTimeoutMillis, signal, log },
      mark: async (revision) => marker.move(revision),
      agent: owner,
      now: Date.now,
    };
  }
}
