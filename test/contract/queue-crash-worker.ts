import { appendFileSync } from 'node:fs';
import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';

/**
 * A process of the crash suite, killed at any moment: `send` sends numbered messages, `work` receives and deletes them.
 * It writes to its journal what it is about to do and what has been done, in lines of words.
 */
const [role = '', file = '', journal = '', first = '0'] = process.argv.slice(2);
const VISIBILITY_SECONDS = 1;
const GROUPS = 3;

const store = openQueueStore(file);
const standard = openSqliteQueue(store, { name: 'pushes', fifo: false });
const fifo = openSqliteQueue(store, { name: 'updates.fifo', fifo: true });
const note = (...words: readonly (string | number | bigint)[]) => appendFileSync(journal, `${words.join(' ')}\n`);

note('start');
if (role === 'send') {
  for (let number = Number(first); ; number += 1) {
    const body = String(number);
    note('sending', body);
    await fifo.send([{ body, groupId: `g${number % GROUPS}`, deduplicationId: body }]);
    await standard.send([{ body }]);
    note('sent', body);
  }
}
for (;;) {
  await work('fifo');
  await work('standard');
  await new Promise(setImmediate);
}

async function work(kind: 'fifo' | 'standard') {
  const queue = kind === 'fifo' ? fifo : standard;
  const until = Date.now() + VISIBILITY_SECONDS * 1000;
  const batch = await queue.receive({ max: 10, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds: 0 });
  for (const { body, groupId = '-', receiptHandle } of batch) {
    note('received', kind, body);
    const before = process.hrtime.bigint();
    await queue.delete(receiptHandle);
    // Where the machine was so slow that the message was visible again, the receipt may have been an old one.
    note(Date.now() < until ? 'deleted' : 'late', kind, body, groupId, before, process.hrtime.bigint());
  }
}
