import { expect, test } from 'vitest';
import { retriedWithNewSecrets } from '../../../shared/composition/refused-credentials.ts';
import { type ErrorCode, SluiceError } from '../../../shared/errors.ts';

async function drain(each: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const one of each) {
    found.push(one);
  }
  return found;
}

/** A host that refuses: plainly, in a part of it, and while it tells one after the other. */
function hostThatThrows(code: ErrorCode) {
  const refuse = async (): Promise<string> => {
    throw new SluiceError({ code, subject: 'host', expected: 'credentials', found: 'status 401', next: 'Check them.' });
  };
  const history = async function* (): AsyncGenerator<string> {
    yield 'a commit';
    yield await refuse();
  };
  return { kind: 'host', head: refuse, history, pullRequests: { list: refuse }, setStatus: undefined };
}

test.each([
  { code: 'git-unauthorized', changed: true, retryable: true, next: 'The secrets have changed since; it is' },
  { code: 'registry-unauthorized', changed: true, retryable: true, next: 'The secrets have changed since; it is' },
  { code: 'git-unauthorized', changed: false, retryable: false, next: 'Check them.' },
  { code: 'git-not-found', changed: true, retryable: false, next: 'Check them.' },
] as const)('$code, and the secrets have changed: $changed; retryable: $retryable', async (row) => {
  const { code, changed, retryable, next } = row;
  const host = retriedWithNewSecrets(hostThatThrows(code), async () => changed);
  for (const call of [
    async () => host.head(),
    async () => host.pullRequests.list(),
    async () => drain(host.history()),
  ]) {
    await expect(call()).rejects.toMatchObject({
      code,
      retryable,
      message: expect.stringContaining(`host: expected credentials, found status 401. ${next}`),
    });
  }
  expect([host.kind, host.setStatus]).toEqual(['host', undefined]);
});

test('what a host tells one after the other comes as it is told', async () => {
  const host = {
    history: async function* () {
      yield 'first';
      yield 'second';
    },
  };
  expect(await drain(retriedWithNewSecrets(host, async () => true).history())).toEqual(['first', 'second']);
});
