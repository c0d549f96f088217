import { setTimeout as sleep } from 'node:timers/promises';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { openRealStage, type RealStage } from '../flow/real-stage.ts';
import { openRuntimeStage, type RuntimeStage } from '../flow/runtime-stage.ts';
import { git, rolledOutImage, until } from '../flow/stage.ts';
import { percentile } from './percentile.ts';
import { type BenchRow, benchRow } from './row.ts';

const PARTS = 'docker-registry and git http-backend on loopback, a proxy of the test before each';

/** The way of a push on real parts: to the commit at two rates, and to the roll-out with the agent polling each second. */
export async function benchPush(): Promise<readonly BenchRow[]> {
  return [...(await commits()), await rollOuts(10)];
}

async function commits(): Promise<readonly BenchRow[]> {
  const stage = await openRuntimeStage();
  try {
    await until('the runtime', stage, () => find(stage, 'runtime started')[0]);
    await commitsAt(stage, 'warm', 5, 400);
    return [
      ...commitRows('1 push a second', await commitsAt(stage, 'slow', 30, 1000)),
      ...commitRows('10 pushes a second', await commitsAt(stage, 'fast', 200, 100)),
    ];
  } finally {
    await stage.stop();
  }
}

function commitRows(rate: string, millis: readonly number[]): readonly BenchRow[] {
  const how = `event received to push acknowledged by Git, ${millis.length} commits, ${PARTS}`;
  return [
    benchRow(`push to commit, ${rate}, p50`, how, percentile(millis, 0.5)),
    benchRow(`push to commit, ${rate}, p99`, how, percentile(millis, 0.99)),
  ];
}

/** Pushes at a steady pace; how long each commit took since the event that it came of. */
async function commitsAt(
  stage: RuntimeStage,
  prefix: string,
  count: number,
  everyMillis: number,
): Promise<readonly number[]> {
  const started = performance.now();
  for (let index = 0; index < count; index += 1) {
    await push(stage, `${prefix}-${index}`);
    await sleep(Math.max(0, started + (index + 1) * everyMillis - performance.now()));
  }
  const last = `${prefix}-${count - 1}`;
  await until(
    `${last} in Git`,
    stage,
    () => git(stage.repository, 'show', 'main:k8s/deploy.yml').includes(`:${last} `) || undefined,
  );
  const isOurs = (line: Readonly<Record<string, unknown>>) => String(line['to']).includes(`:${prefix}-`);
  await until('the last line', stage, () =>
    find(stage, 'image committed').find((line) => String(line['to']).endsWith(`:${last}`)),
  );
  return find(stage, 'image committed')
    .filter(isOurs)
    .map((line) => Number(line['sincePushMillis']));
}

async function rollOuts(count: number): Promise<BenchRow> {
  const stage = await openRealStage();
  const millis: number[] = [];
  try {
    await until('the first revision', stage, () => find(stage, 'revision healthy')[0]);
    for (let index = 0; index < count; index += 1) {
      // Not in step with the agent's poll.
      await sleep(Math.random() * 1000);
      millis.push(await rollOut(stage, `rollout-${index}`));
    }
  } finally {
    await stage.stop();
  }
  const how = `agent polls each second, ${count} pushes, kube-apiserver with kwok, ${PARTS}`;
  return benchRow('push to roll-out, p50', how, percentile(millis, 0.5));
}

async function rollOut(stage: RealStage, tag: string): Promise<number> {
  await push(stage, tag);
  const pushed = performance.now();
  const isThere = async () => (await rolledOutImage(stage.cluster)) === `${stage.image}:${tag}` || undefined;
  await until(`${tag} to be rolled out`, stage, isThere);
  return performance.now() - pushed;
}

async function push({ image }: RuntimeStage, tag: string): Promise<void> {
  const [host = '', repository = ''] = image.split('/');
  await pushImage({ registry: `http://${host}`, repository, tag, created: new Date(), content: tag });
}

function find(stage: RuntimeStage, message: string) {
  return stage.lines().filter((line) => line['message'] === message);
}
