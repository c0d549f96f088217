import { runBurst } from '../flow/burst.ts';
import { type BenchRow, benchRow } from './row.ts';

/** Commits of a burst; counts stand in the place of milliseconds. */
export async function benchBurst(): Promise<readonly BenchRow[]> {
  const { commits, pushes, lost } = await runBurst({ images: 50, versions: 20, seconds: 20 });
  const how = `commits of ${pushes} pushes of 50 images over 20 s to one repository, ${lost.length} lost; the peer column has the pushes`;
  return [benchRow('commits of a burst', how, commits, pushes)];
}
