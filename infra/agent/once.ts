import { messageOf } from '../../shared/errors.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import type { Followed } from './follow.ts';

/** Applies one revision of each source and prints what came of it; 0 where all are healthy, else 1. */
export async function applyOnce(sources: readonly Followed[], asJson: boolean, signal: AbortSignal): Promise<number> {
  let status = 0;
  for (const source of sources) {
    try {
      status = Math.max(status, await applyOne(source, asJson, signal));
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
      status = 1;
    }
  }
  return status;
}

async function applyOne(
  { head, apply, report, refuse }: Followed,
  asJson: boolean,
  signal: AbortSignal,
): Promise<number> {
  const found = await head();
  if (found.problems.length > 0) {
    await refuse(found);
    process.stderr.write(found.problems.map((problem) => `${problem}\n`).join(''));
  }
  if (found.commit === undefined) {
    return 1;
  }
  const result = await apply(found.commit, signal);
  await report(result);
  show(result, asJson);
  return result.healthy && found.problems.length === 0 ? 0 : 1;
}

function show({ revision, objects, healthy, problems }: ApplyReport, asJson: boolean): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ revision, objects, healthy })}\n`);
  } else {
    process.stdout.write(objects.map(({ object, action }) => `${object} ${action}\n`).join(''));
  }
  process.stderr.write(problems.map((problem) => `${problem}\n`).join(''));
}
