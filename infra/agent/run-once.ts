import type { ApplyReport } from '../../shared/queue/messages.ts';
import type { Mask } from './secrets/secret-mask.ts';
import type { SourceReconciler } from './source-reconciler.ts';
import { printError, printOut, printProblems, printText } from './terminal.ts';

/** How a revision is applied once. */
export interface RunOnceOptions {
  /** Show what would be done, with a diff, and do nothing. */
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * Applies one revision of each source and prints what came of it; 0 where all are healthy, else 1.
 *
 * @param mask takes what is secret out of what goes to standard error; what sources give is without it
 */
export async function runOnce(
  sources: readonly SourceReconciler[],
  how: RunOnceOptions,
  signal: AbortSignal,
  mask: Mask,
): Promise<number> {
  let status = 0;
  for (const source of sources) {
    try {
      status = Math.max(status, await applyOne(source, how, signal, mask));
    } catch (error) {
      printError(error, mask);
      status = 1;
    }
  }
  return status;
}

async function applyOne(
  source: SourceReconciler,
  { dryRun, json }: RunOnceOptions,
  signal: AbortSignal,
  mask: Mask,
): Promise<number> {
  const found = await source.head();
  if (found.problems.length > 0) {
    if (!dryRun) {
      await source.refuse(found);
    }
    printProblems(found.problems, mask);
  }
  if (found.commit === undefined) {
    return 1;
  }
  const result = dryRun
    ? { ...(await source.dryRun(found.commit, signal)), isCutShort: false }
    : { ...(await source.apply(found.commit, signal)), diff: undefined };
  if (!dryRun && !result.isCutShort) {
    await source.report(result.report);
  }
  await source.settled();
  show(result.report, json, result.diff);
  printProblems(result.report.problems, mask);
  return result.report.healthy && found.problems.length === 0 ? 0 : 1;
}

function show({ revision, objects, healthy }: ApplyReport, asJson: boolean, diff?: string): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ revision, objects, healthy, diff })}\n`);
    return;
  }
  printOut(objects.map(({ object, action }) => `${object} ${action}`));
  printText(diff === undefined || diff === '' ? '' : `\n${diff}`);
}
