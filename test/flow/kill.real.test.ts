import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRealStage, type RealStage } from './real-stage.ts';
import { commitsOf, rolledOutImage, until } from './stage.ts';

/** Where the runtime is when it is killed: what it is asking for just then. */
const MOMENTS = [
  {
    moment: 'while it looks at the head of the branch, before it has decided',
    gate: 'gitGate',
    where: 'before',
    fits: (_: string, target: string) => target.includes('git-upload-pack'),
  },
  {
    moment: 'while it looks the tag up, before it has decided',
    gate: 'registryGate',
    where: 'before',
    fits: (method: string, target: string) => method !== 'PUT' && target.includes('/manifests/kill-'),
  },
  {
    moment: 'after it has decided, before it pushes the commit',
    gate: 'gitGate',
    where: 'before',
    fits: (_: string, target: string) => target.includes('git-receive-pack'),
  },
  {
    moment: 'after the commit is made, before it knows that',
    gate: 'gitGate',
    where: 'after',
    fits: (method: string, target: string) => method === 'POST' && target.endsWith('git-receive-pack'),
  },
] as const;

describe('kill -9 of the runtime between two steps', { timeout: 120_000 }, () => {
  let stage: RealStage;

  beforeAll(async () => {
    stage = await openRealStage();
    await until('the first revision', stage, () =>
      stage.lines().find((line) => line['message'] === 'revision healthy'),
    );
  });
  afterAll(async () => stage?.stop());

  test.each([
    ...MOMENTS.map(({ moment }, index) => ({ moment, index })),
    { moment: 'before the registry has told it', index: MOMENTS.length },
  ])('$moment: the image is committed once and rolled out', async ({ index }) => {
    const tag = `kill-${index}`;
    const before = commitsOf(stage.repository).length;
    const created = new Date(Date.UTC(2026, 10, 24, 0, index));
    const moment = MOMENTS[index];
    if (moment === undefined) {
      await stage.killRuntime();
      await stage.push(tag, created);
    } else {
      const held = stage[moment.gate].hold(moment.where, moment.fits);
      // The push itself passes the registry's gate; what is held is the runtime's question.
      await stage.push(tag, created);
      await held;
      await stage.killRuntime();
    }
    await stage.startRuntime();
    await until(`${tag} to be rolled out`, stage, async () => {
      const isThere = (await rolledOutImage(stage.cluster)) === `${stage.image}:${tag}`;
      return isThere || undefined;
    });
    await until('the queues to be empty', stage, () => stage.waitingMessages() === 0 || undefined);
    const commits = commitsOf(stage.repository);
    expect(commits).toHaveLength(before + 1);
    expect(commits[0]?.message).toContain(` → ${tag}\n`);
  });
});
