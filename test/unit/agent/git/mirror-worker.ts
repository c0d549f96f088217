import { openMirror } from '../../../../infra/agent/git/mirror.ts';
import { listTree, readBlobs } from '../../../../infra/agent/git/tree.ts';
import { isRetryable, messageOf } from '../../../../shared/errors.ts';

/** Reads the head's files over and over through one mirror, and tells each head on a line of its own. */
const [url = '', directory = ''] = process.argv.slice(2);
const mirror = openMirror({ url, credentials: { kind: 'none' }, directory, timeoutMillis: 2000 });
for (;;) {
  try {
    const head = await mirror.fetchHead('main');
    const entries = await listTree(mirror, head, ['']);
    const files = await readBlobs(
      mirror,
      entries.map(({ blob }) => blob),
    );
    process.stdout.write(`${head} ${files.length}\n`);
  } catch (error) {
    // What failed for now is tried again, as a queue does.
    if (!isRetryable(error)) {
      throw error;
    }
    process.stdout.write(`failed for now: ${messageOf(error)}\n`);
  }
}
