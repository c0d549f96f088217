import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import middy from '@middy/core';
import { afterEach, describe, expect, test } from 'vitest';
import { createHandler } from '../../../functions/report-apply/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { ApplyReport } from '../../../shared/queue/messages.ts';
import type { MessageSender } from '../../../shared/queue/port.ts';
import { deadLetterOnFailure } from '../../../shared/queue/send-to-dead-letters.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

const report: ApplyReport = {
  version: 1,
  cluster: 'shop',
  repository: 'https://git.example.com/hello.git',
  branch: 'main',
  revision: '0123456789abcdef',
  objects: [
    { object: 'deployment/default/hello', action: 'configured' },
    { object: 'service/default/hello', action: 'unchanged' },
  ],
  healthy: true,
  problems: [],
  startedAt: '2026-11-23T10:00:00.000Z',
  finishedAt: '2026-11-23T10:00:02.000Z',
};

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) {
    stop();
  }
});

/** A webhook that answers with a status, and what it was sent. */
async function webhook(status: number) {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stops.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`, bodies };
}

async function tell(payload: unknown, webhooks: readonly string[]) {
  const { log, lines } = recordingLog();
  const urls = webhooks.map((url) => new URL(url));
  await createHandler({ repositories: [], webhooks: urls, cache: memoryCache(), log })(
    payload,
    contextOf('report-apply'),
  );
  return lines;
}

test('a report is one line and a notification', async () => {
  const { url, bodies } = await webhook(200);
  expect(await tell(report, [url])).toEqual([
    expect.objectContaining({
      level: 'info',
      message: 'revision applied',
      cluster: 'shop',
      revision: report.revision,
      counts: { configured: 1, unchanged: 1 },
    }),
  ]);
  expect(bodies).toEqual([{ text: 'shop: 0123456789ab applied, 1 of 2 objects changed', report }]);
});

test('a revision that is not healthy says why', async () => {
  const { url, bodies } = await webhook(204);
  const problems = ['deployment/default/hello: 1 of 2 replicas are available'];
  const lines = await tell({ ...report, healthy: false, problems }, [url]);
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', message: 'revision not healthy', problems })]);
  expect(bodies).toMatchObject([{ text: `shop: 0123456789ab not healthy: ${problems[0]}` }]);
});

test('a webhook that refuses does not keep the others from being told, and its path stays unsaid', async () => {
  const [bad, good] = [await webhook(500), await webhook(200)];
  const told = tell(report, [bad.url, good.url]);
  await expect(told).rejects.toMatchObject({
    code: 'notification-failed',
    retryable: true,
    message: expect.stringMatching(/^webhook at 127\.0\.0\.1:\d+: expected a status of 2xx, found status 500$/),
  });
  expect(good.bodies).toHaveLength(1);
});

test('a webhook that is away says why', async () => {
  const { url } = await webhook(200);
  stops.splice(0)[0]?.();
  await expect(tell(report, [url])).rejects.toMatchObject({
    retryable: true,
    message: expect.stringMatching(/^webhook at 127\.0\.0\.1:\d+: expected a status of 2xx, found .*ECONNREFUSED/),
  });
});

describe('on Lambda, which tries again whatever failed', () => {
  const event = { version: 1, cluster: 'shop' };
  const run = async (error: Error, deadLetters: MessageSender) => {
    const { log, lines } = recordingLog();
    const failing = middy(async (): Promise<void> => {
      throw error;
    });
    await failing.use(deadLetterOnFailure({ deadLetters, log }))(event, contextOf('report-apply'));
    return lines;
  };
  const lasting = new SluiceError({ code: 'git-unauthorized', subject: 'host h', found: 'no right to statuses' });
  const passing = new SluiceError({ code: 'git-unavailable', subject: 'host h', found: '503', retryable: true });

  test('what no other try mends is a dead letter at once', async () => {
    const deadLetters = recordingSender();
    const lines = await run(lasting, deadLetters);
    const error = 'host h: no right to statuses';
    expect(deadLetters.sent).toEqual([{ body: JSON.stringify(event), attributes: { error } }]);
    expect(lines).toMatchObject([{ level: 'error', message: 'message goes to the dead-letter queue' }]);
  });

  test.each([
    { what: 'what may pass is tried again', error: passing, says: '503' },
    { what: 'so is what nobody foresaw', error: new TypeError('x'), says: 'x' },
  ])('$what', async ({ error, says }) => {
    const deadLetters = recordingSender();
    await expect(run(error, deadLetters)).rejects.toThrow(says);
    expect(deadLetters.sent).toEqual([]);
  });

  test('what cannot be kept as a dead letter is tried again', async () => {
    const full = { send: async () => Promise.reject(new Error('no dead letters today')) };
    await expect(run(lasting, full)).rejects.toThrow('no dead letters today');
  });
});

test('anything else than a report is refused for good', async () => {
  await expect(tell({ version: 1 }, [])).rejects.toMatchObject({ code: 'message-invalid', retryable: false });
});
