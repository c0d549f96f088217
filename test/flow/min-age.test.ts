import { describe, expect, test } from 'vitest';
import { digestOf, HOUR, iso, minAgeStage, START } from './min-age-stage.ts';

const LINE = 'semver:~1; older than 2h';

test('a push is held while it is too young, and the sweep has it go once it is old enough', async () => {
  const stage = minAgeStage(LINE);
  stage.contents.set('1.0.1', 'second');
  await stage.push('1.0.1', { digest: digestOf('second') });
  expect(stage.lines).toContainEqual(
    expect.objectContaining({
      message: 'image kept',
      because: 'held',
      reason: `1.0.1 is younger than 2h, first seen ${iso(START)}`,
      until: iso(START + 2 * HOUR),
    }),
  );
  stage.time.now = START + HOUR;
  await stage.sweep();
  await stage.commit();
  expect(await stage.image()).toBe('1.0.0');
  stage.time.now = START + 2 * HOUR;
  await stage.sweep();
  await stage.commit();
  expect(await stage.image()).toBe('1.0.1');
  expect(stage.host.commits).toHaveLength(1);
});

test('a message that waits has it go to the second where that is soon', async () => {
  const stage = minAgeStage('semver:~1; older than 10m');
  stage.contents.set('1.0.1', 'second');
  await stage.push('1.0.1');
  const [message, ...others] = stage.delayed;
  expect({ delaySeconds: message?.delaySeconds, others }).toEqual({ delaySeconds: 600, others: [] });
  stage.time.now = START + 10 * 60_000;
  await stage.deliver(message?.body);
  await stage.commit();
  expect(await stage.image()).toBe('1.0.1');
});

test('a sweep that comes shortly before has it go to the second', async () => {
  const stage = minAgeStage(LINE);
  stage.contents.set('1.0.1', 'second');
  await stage.push('1.0.1');
  stage.time.now = START + 2 * HOUR - 600_000;
  const messages = await stage.sweep();
  expect(messages).toMatchObject([{ delaySeconds: 600 }]);
  stage.time.now = START + 2 * HOUR;
  await stage.deliver(messages[0]?.body);
  await stage.commit();
  expect(await stage.image()).toBe('1.0.1');
});

test('a later push does not keep the earlier one from going', async () => {
  const stage = minAgeStage(LINE);
  stage.contents.set('1.0.1', 'second');
  await stage.push('1.0.1');
  stage.time.now = START + HOUR;
  stage.contents.set('1.0.2', 'third');
  await stage.push('1.0.2');
  const seen = [];
  for (const hours of [2, 3]) {
    stage.time.now = START + hours * HOUR;
    await stage.sweep();
    await stage.commit();
    seen.push(await stage.image());
  }
  expect(seen).toEqual(['1.0.1', '1.0.2']);
});

describe('nobody makes an image older than Sluice knows it to be', () => {
  test.each([
    { by: 'saying that it was pushed long ago', event: { pushedAt: '2020-01-01T00:00:00.000Z' } },
    { by: 'an event that was received long ago, of another digest', event: { digest: digestOf('other') } },
    { by: 'an event that was received long ago, of no digest', event: {} },
  ])('by $by', async ({ event }) => {
    const stage = minAgeStage(LINE);
    stage.contents.set('1.0.1', 'second');
    await stage.push('1.0.1', { receivedAt: iso(START - 5 * HOUR), ...event });
    expect(stage.updates).toEqual([]);
    expect(stage.lines).toContainEqual(expect.objectContaining({ until: iso(START + 2 * HOUR) }));
  });

  test('by telling of it before it is there', async () => {
    const stage = minAgeStage(LINE);
    await stage.push('1.0.1', { digest: digestOf('second') });
    stage.time.now = START + 3 * HOUR;
    stage.contents.set('1.0.1', 'second');
    await stage.push('1.0.1', { digest: digestOf('second') });
    expect(stage.updates).toEqual([]);
    expect(stage.lines).toContainEqual(expect.objectContaining({ until: iso(START + 5 * HOUR) }));
  });

  test('by moving a tag that is old: another digest is young again', async () => {
    const stage = minAgeStage(`${LINE}; pin`);
    stage.contents.set('1.0.1', 'second');
    await stage.push('1.0.1');
    stage.contents.set('1.0.1', 'moved');
    stage.time.now = START + 2 * HOUR;
    await stage.sweep();
    expect(stage.updates).toEqual([]);
    stage.time.now = START + 4 * HOUR;
    await stage.sweep();
    await stage.commit();
    expect(await stage.image()).toBe(`1.0.1@${digestOf('moved')}`);
  });
});

test('an event that waited in its queue counts from when it was received', async () => {
  const stage = minAgeStage(LINE);
  stage.contents.set('1.0.1', 'second');
  await stage.push('1.0.1', { digest: digestOf('second'), receivedAt: iso(START - 2 * HOUR) });
  await stage.commit();
  expect(await stage.image()).toBe('1.0.1');
});

test('a fresh installation waits for nothing of which the registry itself says that it is old', async () => {
  const stage = minAgeStage(LINE, { pushedAt: async () => START - 24 * HOUR });
  stage.contents.set('1.0.1', 'second');
  await stage.sweep();
  await stage.commit();
  expect(await stage.image()).toBe('1.0.1');
});

test('a lost cache starts the clock anew', async () => {
  const stage = minAgeStage(LINE);
  stage.contents.set('1.0.1', 'second');
  await stage.push('1.0.1');
  stage.loseCache();
  stage.time.now = START + 2 * HOUR;
  await stage.sweep();
  expect(stage.lines).toContainEqual(expect.objectContaining({ until: iso(START + 4 * HOUR) }));
});

describe('commit-image', () => {
  /** An update to an image of 2 hours, decided by the policy `before`, whose message commit-image has not seen yet. */
  async function decided(before: string) {
    const stage = minAgeStage(before);
    stage.contents.set('1.0.1', 'second');
    await stage.push('1.0.1', { digest: digestOf('second'), receivedAt: iso(START - 2 * HOUR) });
    expect(stage.updates).toHaveLength(1);
    const rewrite = async (line: string) => {
      const [file] = await stage.host.files(await stage.host.head('main'), ['deploy.yml']);
      stage.host.push({ 'deploy.yml': (file?.text ?? '').replace(before, line) });
    };
    return { ...stage, rewrite };
  }

  test.each([
    { what: 'has been given no age', before: 'semver:~1', after: LINE, image: '1.0.0' },
    { what: 'asks for more than it has', before: LINE, after: 'semver:~1; older than 3h', image: '1.0.0' },
    { what: 'asks for less than it has', before: LINE, after: 'semver:~1; older than 1h', image: '1.0.1' },
    { what: 'asks for no age any more', before: LINE, after: 'semver:~1', image: '1.0.1' },
  ])('decides again where the policy changed meanwhile: it $what', async ({ before, after, image }) => {
    const stage = await decided(before);
    await stage.rewrite(after);
    await stage.commit();
    expect(await stage.image()).toBe(image);
  });

  test('is told in the message when an image was first seen, should the cache be lost', async () => {
    const stage = await decided(LINE);
    stage.loseCache();
    await stage.rewrite('semver:~1; older than 1h');
    await stage.commit();
    expect(await stage.image()).toBe('1.0.1');
  });
});
