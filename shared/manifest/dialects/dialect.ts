import type { HoldBeside, SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';

/** A way to write a policy beside the place that it governs. */
export interface Dialect {
  /** What stands beside this container; undefined where nothing asks for updates. */
  policyFor(workload: Workload, container: string): SitePolicy | undefined;
  /** What holds the workload back whichever dialect ranks its tags; undefined where nothing does. */
  holdOn?(workload: Workload): HoldBeside | undefined;
}
