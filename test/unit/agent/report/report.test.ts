import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { lambdaReporter, regionOfFunction } from '../../../../infra/agent/report/report.ts';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';
import type { ApplyReport } from '../../../../shared/queue/messages.ts';
import { recordingLog } from '../../../fakes/recording.ts';

const report: ApplyReport = {
  version: 1,
  cluster: 'shop',
  repository: 'https://git.example.com/hello.git',
  branch: 'main',
  revision: 'c1',
  objects: [{ object: 'deployment/default/hello', action: 'configured' }],
  healthy: true,
  problems: [],
  startedAt: '2026-11-23T10:00:00.000Z',
  finishedAt: '2026-11-23T10:00:00.000Z',
};

/** A Lambda endpoint that answers with these statuses in turn, or never, and what it was sent. */
async function endpoint(...statuses: readonly (number | 'never')[]) {
  const calls: { readonly url: string | undefined; readonly type: unknown; readonly body: ApplyReport }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: ApplyReport = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const status = statuses[Math.min(calls.length, statuses.length - 1)] ?? 202;
      if (status !== 'never') {
        response.writeHead(status).end('{}');
      }
      calls.push({ url: request.url, type: request.headers['x-amz-invocation-type'], body });
    });
  });
  const { host, close } = await listenOnLoopback(server, 0);
  onTestFinished(close);
  return { url: `http://${host}`, calls };
}

const tell = async (url: string, what: ApplyReport, timeoutMillis?: number, ended?: AbortSignal) => {
  const { log, lines } = recordingLog();
  const target = { function: 'report-apply', endpoint: url, region: 'eu-central-1' };
  await lambdaReporter(target, log, timeoutMillis, ended)(what);
  return lines;
};

test.each([
  { name: 'arn:aws:lambda:us-east-2:123456789012:function:report-apply', region: 'us-east-2' },
  { name: 'arn:aws-cn:lambda:cn-north-1:123456789012:function:report-apply:live', region: 'cn-north-1' },
  { name: 'report-apply', region: undefined },
  { name: '123456789012:function:report-apply', region: undefined },
])('the region of the function $name is $region', ({ name, region }) => {
  expect(regionOfFunction(name)).toBe(region);
});

test('a report is an invocation that nobody waits for', async () => {
  const { url, calls } = await endpoint(202);
  expect(await tell(url, report)).toMatchObject([{ message: 'revision reported', revision: 'c1' }]);
  expect(calls).toEqual([{ url: '/2015-03-31/functions/report-apply/invocations', type: 'Event', body: report }]);
});

test('an endpoint that fails is asked again', async () => {
  const { url, calls } = await endpoint(500, 202);
  await tell(url, report);
  expect(calls.length).toBe(2);
});

test('an endpoint that never answers holds nobody up, and is asked again', async () => {
  const { url, calls } = await endpoint('never', 202);
  expect(await tell(url, report, 300)).toMatchObject([{ message: 'revision reported' }]);
  expect(calls.length).toBeGreaterThan(1);
});

test('an agent that is being ended does not ask again, so that it ends in time', async () => {
  const { url, calls } = await endpoint('never');
  const lines = await tell(url, report, 300, AbortSignal.abort());
  expect(lines).toMatchObject([{ level: 'error', message: 'revision not reported' }]);
  expect(calls.length).toBe(1);
});

test('a report that is too long says nothing of what is unchanged', async () => {
  const { url, calls } = await endpoint(202);
  const unchanged = Array.from({ length: 10_000 }, (_, index) => ({
    object: `configmap/default/a-name-of-some-length-${index}`,
    action: 'unchanged' as const,
  }));
  await tell(url, { ...report, objects: [...unchanged, ...report.objects] });
  expect(calls[0]?.body.objects).toEqual(report.objects);
});

test('a report that cannot be told is logged, and is no fault', async () => {
  const { url, calls } = await endpoint(400);
  expect(await tell(url, report)).toMatchObject([{ level: 'error', message: 'revision not reported', revision: 'c1' }]);
  expect(calls.length).toBeGreaterThan(1);
});

test('a report of which even the changes are too long fits, and still says what is wrong', async () => {
  const { url, calls } = await endpoint(202);
  const problems = Array.from({ length: 3000 }, (_, index) => `deployment/default/web-${index}: ${'x'.repeat(200)}`);
  await tell(url, { ...report, healthy: false, problems });
  const [call] = calls;
  expect(Buffer.byteLength(JSON.stringify(call?.body))).toBeLessThan(256 * 1024);
  expect(call?.body.problems).toContain(problems[0]);
});

test('problems that are very long each are cut too', async () => {
  const { url, calls } = await endpoint(202);
  const problems = Array.from({ length: 60 }, (_, index) => `deployment/default/web-${index}: ${'é'.repeat(10_000)}`);
  await tell(url, { ...report, healthy: false, problems });
  expect(Buffer.byteLength(JSON.stringify(calls[0]?.body))).toBeLessThan(256 * 1024);
  expect(calls[0]?.body.problems[0]).toMatch(/^deployment\/default\/web-0: éé/);
});
