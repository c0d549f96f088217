import { createHmac, timingSafeEqual } from 'node:crypto';
import { createHandler } from '../../functions/receive-push/handler.ts';
import { lambdaContext } from '../../infra/local/lambda-context.ts';
import { silentLog } from '../../shared/log.ts';
import { eventOf, GENERIC_SECRET, HOST, signatureOf } from '../unit/receive-push/front-door.ts';
import { type BenchRow, benchRow, medianAsyncMillis } from './row.ts';

const DELIVERIES = 1000;
const RUNS = 15;

/** Deliveries through the exported handler, into a queue that takes no time, beside the least that proves and reads one. */
export async function benchReceivePush(): Promise<readonly BenchRow[]> {
  const body = JSON.stringify({ image: `${HOST}/team/hello:1.0.1@sha256:${'ab'.repeat(32)}`, id: 'build 17' });
  const headers = signatureOf(body);
  const event = eventOf({ path: '/push/generic', headers, body });
  const context = lambdaContext('receive-push', 10_000);
  let queued = 0;
  const handler = createHandler({
    endpoints: [{ host: HOST, source: 'generic', secret: GENERIC_SECRET }],
    pushes: {
      async send(messages) {
        queued += messages.length;
      },
    },
    log: silentLog,
    now: Date.now,
  });
  const ours = await medianAsyncMillis(RUNS, async () => {
    for (let delivery = 0; delivery < DELIVERIES; delivery += 1) {
      await handler(event, context);
    }
  });
  if (queued !== DELIVERIES * RUNS * 2) {
    throw new Error(`${DELIVERIES * RUNS * 2} messages should be queued, ${queued} are`);
  }
  const signature = Buffer.from(headers['x-signature'] ?? '');
  const peer = await medianAsyncMillis(RUNS, async () => {
    for (let delivery = 0; delivery < DELIVERIES; delivery += 1) {
      const bytes = Buffer.from(body, 'utf8');
      const digest = createHmac('sha256', GENERIC_SECRET).update(bytes).digest('hex');
      if (!timingSafeEqual(Buffer.from(`sha256=${digest}`), signature)) {
        throw new Error('the signature should be right');
      }
      JSON.parse(bytes.toString('utf8'));
    }
  });
  const how = `milliseconds for ${DELIVERIES} deliveries of source generic, median of ${RUNS}; peer: HMAC and JSON.parse alone`;
  return [benchRow('receive a push', how, ours, peer)];
}
