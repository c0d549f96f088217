import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { amountsOf, warmMillis } from '../../bench/cost/amounts.ts';
import { costSheet, sheetTable } from '../../bench/cost/sheet.ts';
import type { Figures } from '../../bench/functions/figures.ts';

const measured = JSON.parse(
  readFileSync(new URL('../../bench/cost/measured.json', import.meta.url), 'utf8'),
) as Figures;
/** Numbers that are easy to multiply. */
const each = {
  memoryMegabytes: 1024,
  millis: 0,
  cpuMillis: 0,
  coldCpuMillis: 1000,
  peakMegabytes: 0,
  logBytes: 600,
  calls: { 'dynamodb:GetItem': 2, 'dynamodb:PutItem': 1, 'ssm:GetParameter': 0.5 },
  hostRequests: 2,
};
const round: Figures = {
  'receive-push': each,
  'evaluate-policy': each,
  'commit-image': each,
  sweep: { ...each, calls: {}, hostRequests: 0 },
  'report-apply': each,
};

describe('the cost sheet', () => {
  test('of the README is what the recorded figures come to', () => {
    const readme = readFileSync('README.md', 'utf8');
    const cells = (text: string) => text.replaceAll(/ {2,}/g, ' ').replaceAll(/-{2,}(:?)/g, '---$1');
    expect(cells(readme)).toContain(cells(sheetTable(costSheet(measured))));
  });

  test('sums up to its services, and is never less than what is left without the free tier', () => {
    const lines = new Map(costSheet(round).map(({ name, dollars }) => [name, dollars]));
    const together = lines.get('Together') ?? [];
    const services = [...lines].slice(0, [...lines.keys()].indexOf('Together'));
    for (const [at, all] of together.entries()) {
      expect(services.reduce((sum, [, dollars]) => sum + (dollars[at] ?? 0), 0)).toBeCloseTo(all, 6);
      expect(lines.get("Less AWS's free tier")?.[at]).toBeLessThan(all);
    }
  });
});

describe('a month', () => {
  test('without pushes pays for the sweep and for empty polls', () => {
    expect(amountsOf(round, 0)).toEqual({
      lambdaRequest: 2920,
      // 2,920 starts of a second, each idle for longer than an environment lives.
      lambdaGigabyteSecond: 2920,
      sqsRequest: 657_000,
      sqsFifoRequest: 657_000,
      httpApiRequest: 0,
      dynamoReadUnit: 0,
      dynamoWriteUnit: 0,
      logGigabyte: (2920 * 1000) / 1e9,
      parameterRead: 0,
      scheduledEvent: 2920,
    });
  });

  test('with pushes pays for each of them', () => {
    const [none, some] = [amountsOf(round, 0), amountsOf(round, 1000)];
    expect(some).toMatchObject({
      lambdaRequest: none.lambdaRequest + 4000,
      sqsRequest: none.sqsRequest + 3000,
      sqsFifoRequest: none.sqsFifoRequest + 3000,
      httpApiRequest: 1000,
      dynamoReadUnit: 8000,
      dynamoWriteUnit: 16_000,
      parameterRead: 2000,
    });
  });
});

test.each([
  { what: 'half a core takes twice as long', figures: { memoryMegabytes: 884.5, cpuMillis: 10 }, millis: 20 },
  { what: 'two cores are no faster than one', figures: { memoryMegabytes: 3538, cpuMillis: 10 }, millis: 10 },
  { what: 'calls of AWS are near', figures: { calls: { 'sqs:SendMessageBatch': 2 } }, millis: 20 },
  { what: 'hosts are far', figures: { hostRequests: 2 }, millis: 300 },
])('$what', ({ figures, millis }) => {
  expect(warmMillis({ ...each, calls: {}, hostRequests: 0, ...figures })).toBe(millis);
});
