import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { readArchive } from '../../../../shared/git-host/github/archive.ts';
import { GitHubClient } from '../../../../shared/git-host/github/client.ts';
import { addressOf } from '../../../../shared/git-host/github/repository-address.ts';
import { silentLog } from '../../../../shared/log.ts';
import { listen } from '../../../cluster/listener.ts';

/** Reads an archive at a host that sends every request on to `location`. */
async function readRedirected(location: string) {
  let asked = 0;
  const server = await listen(
    createServer((_, response) => {
      asked += 1;
      response.writeHead(302, { location }).end();
    }),
  );
  onTestFinished(async () => server.close());
  const client = new GitHubClient({
    address: addressOf('https://github.com/acme/web', server.url),
    credentials: { kind: 'none' },
    timeoutMillis: 5000,
    now: () => Date.now(),
    log: silentLog,
  });
  const error: unknown = await readArchive(client, 'a'.repeat(40), new Map(), AbortSignal.timeout(5000)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, asked };
}

test('an archive that is sent round and round is left after five times', async () => {
  const { error, asked } = await readRedirected('/round');
  expect(error).toMatchObject({
    code: 'git-unavailable',
    retryable: false,
    message: expect.stringMatching(/: expected an answer of GitHub, found more than 5 redirects$/),
  });
  expect(asked).toBe(6);
});

test.each([
  { name: 'the metadata of clouds', target: 'http://169.254.169.254/latest', found: '169.254.169.254' },
  { name: 'the metadata of Azure', target: 'http://168.63.129.16/', found: '168.63.129.16' },
  { name: 'an address of IPv6', target: 'http://[fec0::1]/a', found: 'fec0::1' },
  { name: 'a name of loopback', target: 'http://localhost:9999/', found: '(127.0.0.1|::1)' },
])('an archive that is said to be at $name is not fetched', async ({ target, found }) => {
  const { error } = await readRedirected(target);
  expect(error).toMatchObject({
    code: 'git-refused',
    retryable: false,
    message: expect.stringMatching(
      new RegExp(`: expected an archive at a public address, found a redirect to ${found.replaceAll('.', '\\.')} `),
    ),
  });
});
