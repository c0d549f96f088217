import { setTimeout as sleep } from 'node:timers/promises';
import { createRepository } from '../../../infra/demo/git-server/repository.ts';
import { percentile } from '../percentile.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { config, configFile, manifestsOf } from './manifests.ts';
import { commitFile, startAgent } from './running-agent.ts';
import { type BenchStage, createNamespace } from './stage.ts';

const OBJECTS = 1000;
const NUDGES = 10;
const IDLE_MILLIS = 5000;

/** How soon a commit is applied that the agent is nudged about, and what it holds when it has nothing to do. */
export async function benchNudge(stage: BenchStage, namespace: string): Promise<readonly BenchRow[]> {
  await createNamespace(stage, namespace);
  const files = Object.entries(manifestsOf(namespace, OBJECTS)).map(([name, text]) => [`k8s/${name}`, text] as const);
  const repository = { branch: 'main', files: Object.fromEntries(files) };
  const url = await createRepository(stage.directory, `${namespace}.git`, repository);
  const agent = await startAgent(stage, namespace, ['--git-url', url, '--git-path', 'k8s']);
  try {
    await agent.line('revision healthy', 0);
    const millis: number[] = [];
    for (let nudge = 0; nudge < NUDGES; nudge += 1) {
      const after = agent.count();
      await commitFile(url, `k8s/${configFile(nudge)}`, config(namespace, nudge, `changed ${nudge}`));
      const committed = Date.now();
      await agent.nudge();
      const { at, index } = await agent.line('object configured', after);
      millis.push(at - committed);
      await agent.line('revision healthy', index);
    }
    await sleep(IDLE_MILLIS);
    const { megabytes, peakMegabytes } = agent.usage();
    const how = `${OBJECTS} objects, ${NUDGES} commits of one file each, Git on disk, a nudge over HTTP`;
    return [
      benchRow('commit to applied, nudged, p50', `milliseconds, ${how}`, percentile(millis, 0.5)),
      benchRow('resident memory when idle', `megabytes, after ${how}`, megabytes),
      benchRow('resident memory, peak', 'megabytes, the same process, first apply included', peakMegabytes),
    ];
  } finally {
    await agent.stop();
  }
}
