import type { Figures } from '../functions/figures.ts';
import { amountsOf } from './amounts.ts';
import { FARGATE_HOUR, type Item, PRICES } from './prices.ts';

/** Pushes a month that the sheet is for. */
export const PUSHES = [1000, 100_000, 10_000_000] as const;

const HOURS = 730;

/** What runs in each cluster, and requests of it so much all the time. */
const IN_CLUSTER = [
  { name: "Sluice's agent, each replica", cores: 0.05, gigabytes: 128 / 1024 },
  // source-, kustomize- and notification-controller, image-reflector- and image-automation-controller, by default
  { name: "Flux's five controllers, each cluster", cores: 0.45, gigabytes: 320 / 1024 },
];

/** Items that make one line of the sheet. */
const LINES: readonly { readonly name: string; readonly items: readonly Item[] }[] = [
  { name: 'Lambda', items: ['lambdaRequest', 'lambdaGigabyteSecond'] },
  { name: 'SQS', items: ['sqsRequest', 'sqsFifoRequest'] },
  { name: 'HTTP API', items: ['httpApiRequest'] },
  { name: 'DynamoDB', items: ['dynamoReadUnit', 'dynamoWriteUnit'] },
  { name: 'CloudWatch Logs', items: ['logGigabyte'] },
  { name: 'Parameter Store, EventBridge', items: ['parameterRead', 'scheduledEvent'] },
];

/** One line: dollars a month for each number of pushes. */
export interface SheetLine {
  readonly name: string;
  readonly dollars: readonly number[];
}

/** The sheet's lines by service, their sum, the sum less what is free, and what runs in a cluster. */
export function costSheet(measured: Figures): readonly SheetLine[] {
  const months = PUSHES.map((pushes) => amountsOf(measured, pushes));
  const dollars = (items: readonly Item[], isFree: boolean) =>
    months.map((amounts) =>
      items.reduce((sum, item) => {
        const { dollars: each, free } = PRICES[item];
        return sum + Math.max(0, amounts[item] - (isFree ? free : 0)) * each;
      }, 0),
    );
  const all = LINES.flatMap(({ items }) => items);
  return [
    ...LINES.map(({ name, items }) => ({ name, dollars: dollars(items, false) })),
    { name: 'Together', dollars: dollars(all, false) },
    { name: "Less AWS's free tier", dollars: dollars(all, true) },
    ...IN_CLUSTER.map(({ name, cores, gigabytes }) => {
      const hour = cores * FARGATE_HOUR.core + gigabytes * FARGATE_HOUR.gigabyte;
      return { name, dollars: PUSHES.map(() => HOURS * hour) };
    }),
  ];
}

/** The sheet as the README has it. */
export function sheetTable(lines: readonly SheetLine[]): string {
  const rows = [
    ['Dollars a month', ...PUSHES.map((pushes) => `${pushes.toLocaleString('en-US')} pushes`)],
    ['---', ...PUSHES.map(() => '---:')],
    ...lines.map(({ name, dollars }) => [name, ...dollars.map((one) => one.toFixed(2))]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
