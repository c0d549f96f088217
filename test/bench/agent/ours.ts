import { join } from 'node:path';
import { createRepository } from '../../../infra/demo/git-server/repository.ts';
import { type Cost, runMeasured } from './cost.ts';
import { manifestsOf } from './manifests.ts';
import { writeManifests } from './peer-runs.ts';
import { costOf, type RunningAgent, startAgent } from './running-agent.ts';
import { type BenchStage, createNamespace, drift, expectRestored, type Measured } from './stage.ts';

/** What is measured of the agent besides. */
export interface Ours extends Measured {
  /** A process of its own that finds nothing to do; its requests are not counted. */
  readonly once: Cost;
}

const RUNS = 5;

/** The agent follows a repository; then it is started once on a directory. */
export async function measureOurs(stage: BenchStage, namespace: string, objects: number): Promise<Ours> {
  await createNamespace(stage, namespace);
  const files = Object.entries(manifestsOf(namespace, objects)).map(([name, text]) => [`k8s/${name}`, text] as const);
  const repository = { branch: 'main', files: Object.fromEntries(files) };
  const url = await createRepository(stage.directory, `${namespace}.git`, repository);
  const started = Date.now();
  const intervals = ['--git-poll-interval', '1s', '--sync-interval', '3s'];
  const agent = await startAgent(stage, namespace, ['--git-url', url, '--git-path', 'k8s', ...intervals]);
  try {
    const first = await firstOf(agent, started);
    const { index } = await agent.line('revision healthy', 0);
    // Events of the first revision are written meanwhile.
    await agent.line('revision healthy', index + 1);
    const runs: Cost[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      runs.push(await costOf(agent, 'revision found', 'revision healthy'));
    }
    const nothing = runs.toSorted((a, b) => a.millis - b.millis)[Math.floor(RUNS / 2)] ?? first;
    await agent.line('revision healthy', (await agent.line('revision found', agent.count())).index);
    await drift(stage, namespace);
    const drifted = await costOf(agent, 'revision found', 'revision healthy');
    await expectRestored(stage, namespace);
    await agent.stop();
    return { first, nothing, drifted, once: await onceOf(stage, namespace, objects) };
  } finally {
    await agent.stop();
  }
}

/** Until all is applied; for health the peers do not wait. */
async function firstOf(agent: RunningAgent, started: number): Promise<Cost> {
  const { at } = await agent.line('object created', 0);
  const { cpuMillis, peakMegabytes } = agent.usage();
  return { millis: at - started, cpuMillis, peakMegabytes, requests: await agent.requests() };
}

async function onceOf(stage: BenchStage, namespace: string, objects: number): Promise<Cost> {
  const { directory } = writeManifests(stage, namespace, objects);
  const ran = await runMeasured(process.execPath, [
    ...[...stage.command, '--once', '--json', '--dir', directory, '--name', namespace],
    ...['--kubeconfig', stage.cluster.kubeconfig, '--state-dir', join(stage.directory, 'once')],
  ]);
  const { objects: told } = JSON.parse(ran.stdout) as { readonly objects: readonly { readonly action: string }[] };
  if (told.length !== objects || told.some(({ action }) => action !== 'unchanged')) {
    throw new Error(`${namespace}: expected ${objects} unchanged objects`);
  }
  return { ...ran, requests: Number.NaN };
}
