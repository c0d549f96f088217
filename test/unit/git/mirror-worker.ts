import { isRetryable, messageOf } from '../../../shared/errors.ts';
import { openPlainGit } from '../../../shared/git-host/plain-git.ts';

/** Reads the head's files over and over through one mirror, and tells each head on a line of its own. */
const [url = '', directory = ''] = process.argv.slice(2);
const host = openPlainGit({ url, credentials: { kind: 'none' }, directory, timeoutMillis: 2000 });
for (;;) {
  try {
    const head = await host.head('main');
    const files = await host.files(head, ['']);
    process.stdout.write(`${head} ${files.length}\n`);
  } catch (error) {
    // What failed for now is tried again, as a queue does.
    if (!isRetryable(error)) {
      throw error;
    }
    process.stdout.write(`failed for now: ${messageOf(error)}\n`);
  }
}
