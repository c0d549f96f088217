import { figuresOfPlan } from '../functions/figures.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { costSheet, PUSHES, sheetTable } from './sheet.ts';

/** The cost sheet by what is measured now, with what the README's table and `measured.json` are replaced by. */
export async function benchCost(): Promise<readonly BenchRow[]> {
  const measured = await figuresOfPlan();
  const sheet = costSheet(measured);
  const rounded = JSON.stringify(
    measured,
    (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value),
    2,
  );
  return sheet.map(({ name, dollars }, at) =>
    benchRow(
      `${name}, ${PUSHES[1].toLocaleString('en-US')} pushes`,
      at < sheet.length - 1 ? 'dollars a month' : `dollars a month\n\n${sheetTable(sheet)}\n\n${rounded}`,
      dollars[1] ?? Number.NaN,
    ),
  );
}
