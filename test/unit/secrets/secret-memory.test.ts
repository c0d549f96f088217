import { expect, test } from 'vitest';
import { SecretMemory } from '../../../shared/secrets/secret-memory.ts';
import { secretUnavailable } from '../../../shared/secrets/secret-unavailable.ts';
import { recordingLog } from '../../fakes/recording.ts';

/** Secrets that change (`away` and `gone` are none), a clock that is set, and how often each secret was read. */
function stage(texts: Record<string, string>) {
  const reads: string[] = [];
  const clock = { seconds: 0 };
  const { log, lines } = recordingLog();
  const read = async (reference: string) => {
    reads.push(reference);
    const text = texts[reference];
    if (text === undefined || text === 'away' || text === 'gone') {
      throw secretUnavailable(reference, { found: text ?? 'nothing', retryable: text === 'away' });
    }
    return text;
  };
  const memory = new SecretMemory(read, { lifetimeSeconds: 300, now: () => clock.seconds * 1000, log });
  return { memory, texts, reads, clock, lines };
}

test('a secret is read once in its lifetime, by calls at the same time too', async () => {
  const { memory, reads, clock } = stage({ 'ssm:a': 'one' });
  expect(await Promise.all([memory.read('ssm:a'), memory.read('ssm:a')])).toEqual(['one', 'one']);
  clock.seconds = 299;
  expect(await memory.changed()).toBe(false);
  expect(await memory.read('ssm:a')).toBe('one');
  expect(reads).toEqual(['ssm:a']);
});

test.each([
  { what: 'the same texts', change: {}, changed: false, text: 'one' },
  { what: 'another text', change: { 'ssm:a': 'two' }, changed: true, text: 'two' },
  { what: 'another text of another secret', change: { 'ssm:b': 'two' }, changed: true, text: 'one' },
])('after its lifetime $what: changed is $changed', async ({ change, changed, text }) => {
  const { memory, texts, reads, clock } = stage({ 'ssm:a': 'one', 'ssm:b': 'one' });
  await Promise.all([memory.read('ssm:a'), memory.read('ssm:b')]);
  Object.assign(texts, change);
  clock.seconds = 300;
  expect(await memory.changed()).toBe(changed);
  expect(await memory.changed()).toBe(false);
  expect(await memory.read('ssm:a')).toBe(text);
  expect(reads).toEqual(['ssm:a', 'ssm:b', 'ssm:a', 'ssm:b']);
});

test('a store that is away keeps the old text, with a warning, until it is back', async () => {
  const { memory, texts, clock, lines } = stage({ 'ssm:a': 'one' });
  await memory.read('ssm:a');
  texts['ssm:a'] = 'away';
  clock.seconds = 300;
  expect(await memory.changed()).toBe(false);
  expect(await memory.read('ssm:a')).toBe('one');
  expect(lines).toMatchObject([{ level: 'warn', message: 'secret not read again, the old one is kept' }]);
  texts['ssm:a'] = 'two';
  clock.seconds = 600;
  expect(await memory.changed()).toBe(true);
  expect(await memory.read('ssm:a')).toBe('two');
});

test('a secret that is gone has changed, and is missed by its name', async () => {
  const { memory, texts, clock } = stage({ 'ssm:a': 'one' });
  await memory.read('ssm:a');
  texts['ssm:a'] = 'gone';
  clock.seconds = 300;
  expect(await memory.changed()).toBe(true);
  await expect(memory.read('ssm:a')).rejects.toThrow('secret ssm:a: expected its text, found gone');
  texts['ssm:a'] = 'two';
  expect(await memory.read('ssm:a')).toBe('two');
});

test('where a host refuses, a new text is found before the lifetime is over', async () => {
  const { memory, texts, reads, clock } = stage({ 'ssm:a': 'one' });
  await memory.read('ssm:a');
  texts['ssm:a'] = 'two';
  clock.seconds = 9;
  expect(await memory.refused()).toBe(false);
  clock.seconds = 10;
  expect(await memory.refused()).toBe(true);
  expect(await memory.refused()).toBe(true);
  expect(await memory.changed()).toBe(true);
  expect(reads).toHaveLength(2);
});

test('where a host goes on refusing, the stores are asked every ten seconds', async () => {
  const { memory, reads, clock } = stage({ 'ssm:a': 'one' });
  await memory.read('ssm:a');
  for (clock.seconds = 1; clock.seconds <= 30; clock.seconds += 1) {
    expect(await memory.refused()).toBe(false);
  }
  expect(reads).toHaveLength(1 + 3);
});

test('no line of the log holds a text', async () => {
  const { memory, texts, clock, lines } = stage({ 'ssm:a': 'hunter2', 'ssm:b': 'hunter2' });
  await Promise.all([memory.read('ssm:a'), memory.read('ssm:b')]);
  Object.assign(texts, { 'ssm:a': 'hunter2-new', 'ssm:b': 'away' });
  clock.seconds = 300;
  expect(await memory.changed()).toBe(true);
  expect(lines).toHaveLength(2);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});
