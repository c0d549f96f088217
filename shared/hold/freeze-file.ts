import * as z from '../schema.ts';
import { listOf, parseSluiceFile, type SluiceFile } from '../sluice-file/parse.ts';
import { type Freeze, freezeShape, withWindow } from './freeze.ts';
import { isOfWeek } from './window.ts';

/** Where a repository keeps what it is frozen by, as `sluice freeze` writes it. */
export const FREEZE_FILE = '.sluice/freeze.yml';

const entry = z.pipe(
  z.strictObject(freezeShape, { error: 'expected a mapping like { reason: incident 42, until: 2026-12-24 }' }).check(
    z.refine(({ from, until }) => ![from, until].some((text) => isOfWeek(text)), {
      error: 'expected days or times; windows of each week stand in sluice.yml or beside the workload',
    }),
  ),
  z.transform(withWindow),
);

const FILE: SluiceFile<{ readonly freezes: readonly (Freeze & z.input<typeof entry>)[] }> = {
  path: FREEZE_FILE,
  list: 'freezes',
  schema: z.strictObject({ freezes: listOf(entry) }, { error: 'expected a mapping of freezes, or a list' }),
};

/**
 * Reads a file of freezes.
 *
 * @throws SluiceError `manifest-invalid` with every fault at once, each with its line
 */
export function parseFreezeFile(text: string) {
  return parseSluiceFile(text, FILE).freezes;
}
