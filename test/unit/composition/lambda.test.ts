import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { lambdaEntry } from '../../../shared/composition/lambda.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-lambda-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const context = lambdaContext('test', 1000);

/** A function that answers with its secret and how often its ports were opened. */
function startFunction(variables: Readonly<Record<string, string>> = {}) {
  const token = join(directory, 'token');
  const file = join(directory, 'sluice.json');
  const write = (text: string) => writeFileSync(token, text);
  write('one');
  writeFileSync(
    file,
    JSON.stringify({
      repositories: [{ url: 'https://git.example.com/a', credentials: `file:${token}` }],
      registries: [{ host: 'a.example' }],
    }),
  );
  let opened = 0;
  const caches = new Set<unknown>();
  const environment = { SLUICE_CONFIG: file, SLUICE_LOG_LEVEL: 'error', ...variables };
  const handler = lambdaEntry('test', environment, async ({ connection }) => {
    const secret = await connection.secrets(`file:${token}`);
    opened += 1;
    const times = opened;
    caches.add(connection.cache);
    return {
      handler: async (event: unknown) => `${String(event)}: ${secret}, opened ${times} times, ${caches.size} caches`,
      operations: { checks: [async () => ({ status: 'ok' as const, subject: 'this', found: secret })] },
    };
  });
  return { write, remove: () => rmSync(token), call: async (event: unknown = 'event') => handler(event, context) };
}

test('ports are opened anew where a secret has changed, and kept otherwise; the cache stays', async () => {
  const { write, call } = startFunction({ SLUICE_SECRETS_SECONDS: '0' });
  expect(await call()).toBe('event: one, opened 1 times, 1 caches');
  expect(await call()).toBe('event: one, opened 1 times, 1 caches');
  write('two');
  expect(await call()).toBe('event: two, opened 2 times, 1 caches');
  expect(await call()).toBe('event: two, opened 2 times, 1 caches');
});

test('within the lifetime of secrets nothing is read again', async () => {
  const { write, call } = startFunction();
  await call();
  write('two');
  expect(await call()).toBe('event: one, opened 1 times, 1 caches');
});

test('a missing secret fails each invocation with its name, until it is there', async () => {
  const { write, remove, call } = startFunction();
  remove();
  await expect(call()).rejects.toThrow(`secret file:${join(directory, 'token')}: expected its text, found no readable`);
  await expect(call()).rejects.toThrow('secret file:');
  write('two');
  expect(await call()).toBe('event: two, opened 1 times, 1 caches');
});

test('a secret that was removed fails like one that was never there', async () => {
  const { remove, write, call } = startFunction({ SLUICE_SECRETS_SECONDS: '0' });
  await call();
  remove();
  await expect(call()).rejects.toMatchObject({ code: 'secret-unavailable' });
  await expect(call()).rejects.toMatchObject({ code: 'secret-unavailable' });
  write('two');
  expect(await call()).toBe('event: two, opened 2 times, 1 caches');
});

test('a check is answered by the function, or by what keeps it from opening', async () => {
  const { remove, write, call } = startFunction();
  remove();
  expect(await call({ operation: 'check' })).toEqual({
    findings: [
      {
        status: 'failure',
        subject: `secret file:${join(directory, 'token')}`,
        found: expect.stringContaining('expected its text, found no readable file'),
        next: expect.stringMatching(/./),
      },
    ],
    pushUrls: [],
  });
  await expect(call({ operation: 'dead-letters' })).rejects.toMatchObject({ code: 'secret-unavailable' });
  write('two');
  expect(await call({ operation: 'check' })).toEqual({
    findings: [{ status: 'ok', subject: 'this', found: 'two' }],
    pushUrls: [],
  });
  expect(await call({ operation: 'redrive' })).toEqual({ redriven: 0, left: 0 });
  await expect(call({ operation: 'delete' })).rejects.toThrow('operation: expected a message as this release knows it');
});

test.each([
  { name: 'SLUICE_SECRETS_SECONDS', value: '-1', says: 'environment: SLUICE_SECRETS_SECONDS: Too small' },
  { name: 'SLUICE_SECRETS_SECONDS', value: 'soon', says: 'environment: SLUICE_SECRETS_SECONDS: Invalid input' },
  { name: 'SLUICE_CACHE_TABLE', value: '', says: 'environment: SLUICE_CACHE_TABLE: Too small' },
  { name: 'SLUICE_CONFIG', value: '/nowhere/sluice.json', says: '/nowhere/sluice.json: cannot be read' },
])('$name=$value fails each invocation', async ({ name, value, says }) => {
  const { call } = startFunction({ [name]: value });
  await expect(call()).rejects.toThrow(says);
  await expect(call()).rejects.toThrow(says);
});

describe('what agents may invoke runs no operation of theirs', () => {
  const call = async (service: string, qualifier: string, event: unknown) => {
    const file = join(directory, 'sluice.yml');
    writeFileSync(
      file,
      JSON.stringify({ repositories: [{ url: 'https://git.example.com/a' }], registries: [{ host: 'a.example' }] }),
    );
    const environment = { SLUICE_CONFIG: file, SLUICE_LOG_LEVEL: 'error' };
    const handler = lambdaEntry(service, environment, async () => ({
      handler: async () => 'taken',
      operations: { checks: [] },
    }));
    const plain = lambdaContext(service, 1000);
    return handler(event, { ...plain, invokedFunctionArn: `${plain.invokedFunctionArn}${qualifier}` });
  };

  test.each([
    { name: 'a check', event: { operation: 'check' } },
    { name: 'the dead letters', event: { operation: 'dead-letters' } },
    { name: 'a redrive', event: { operation: 'redrive' } },
    { name: 'an operation beside a report', event: { operation: 'check', version: 1, cluster: 'shop' } },
  ])('$name of report-apply', async ({ event }) => {
    await expect(call('report-apply', '', event)).rejects.toMatchObject({
      code: 'message-invalid',
      message:
        'operation of report-apply: expected an operator, who invokes it by its alias operator, found the way that agents have. Invoke it with the qualifier operator, as sluice doctor and sluice replay do.',
    });
    await expect(call('report-apply', ':$LATEST', event)).rejects.toMatchObject({ code: 'message-invalid' });
  });

  test('operators ask it by its alias, and agents report as ever', async () => {
    expect(await call('report-apply', ':operator', { operation: 'check' })).toEqual({ findings: [], pushUrls: [] });
    expect(await call('report-apply', '', { version: 1 })).toBe('taken');
  });

  test('other functions, which no agent may invoke, answer their operator without one', async () => {
    expect(await call('sweep', '', { operation: 'check' })).toEqual({ findings: [], pushUrls: [] });
  });
});
