import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtAgent } from '../../cluster/images/agent-image.ts';
import { builtSample } from '../../cluster/images/sample-image.ts';
import { Branch } from '../../flow/branch.ts';
import { type NodeStage, openNodeStage } from '../../flow/node-stage.ts';
import { markedRevision, until } from '../../flow/stage.ts';
import { manifestsOf } from '../agent/manifests.ts';
import { percentile } from '../percentile.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { imageSize } from './image-size.ts';
import { type AgentUsage, agentUsage } from './kubelet-usage.ts';
import { pushToPage } from './push-to-page.ts';

const PUSHES = 10;
const OBJECTS = 1000;
/** So long it is looked at while nothing happens. */
const IDLE_MILLIS = 60_000;
const PATIENCE_MILLIS = 300_000;
const MEGABYTE = 1e6;

/** The story on a node, measured: how soon a push is a new page, and what the agent takes as the kubelet sees it. */
export async function benchRealNode(): Promise<readonly BenchRow[]> {
  const stage = await openNodeStage();
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-node-'));
  try {
    await pushToPage(stage, 'first', () => stage.installAgent());
    const millis: number[] = [];
    for (let push = 1; push <= PUSHES; push += 1) millis.push(await pushToPage(stage, `push-${push}`));
    const how = `milliseconds, ${PUSHES} pushes to Debian's registry on one node, two replicas of the sample, the agent looks at Git each second`;
    return [
      benchRow('push to new page, p50', how, percentile(millis, 0.5)),
      benchRow('push to new page, p99', how, percentile(millis, 0.99)),
      ...(await sizeRows()),
      ...usageRows('idle', 'two objects', await idleUsage(stage)),
      ...usageRows(`idle with ${OBJECTS} objects`, 'after their first apply', await withObjects(stage, directory)),
    ];
  } finally {
    await stage.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function sizeRows(): Promise<readonly BenchRow[]> {
  const images = { agent: await builtAgent(), sample: await builtSample('Hello World!') };
  const rows = Object.entries(images).map(async ([name, image]) => {
    const { packed, unpacked } = await imageSize(image);
    const how = "megabytes; its base is made here from Debian's packages, and is not Docker Hub's own";
    return [
      benchRow(`image of the ${name}, layers as pushed`, how, packed / MEGABYTE),
      benchRow(`image of the ${name}, its files`, how, unpacked / MEGABYTE),
    ];
  });
  return (await Promise.all(rows)).flat();
}

/** Has the agent apply many objects more, and measures it when it has them stand. */
async function withObjects(stage: NodeStage, directory: string): Promise<readonly AgentUsage[]> {
  const files = Object.entries(manifestsOf('default', OBJECTS)).map(([name, text]) => [`k8s/many/${name}`, text]);
  const revision = new Branch(stage.repository, join(directory, 'tree')).commit(Object.fromEntries(files));
  const isMarked = () => markedRevision(stage.repository) === revision || undefined;
  await until(`${OBJECTS} objects stand`, stage, isMarked, PATIENCE_MILLIS);
  return idleUsage(stage);
}

async function idleUsage(stage: NodeStage): Promise<readonly AgentUsage[]> {
  const before = await agentUsage(stage.cluster.api, stage.real.node.name);
  await sleep(IDLE_MILLIS);
  const after = await agentUsage(stage.cluster.api, stage.real.node.name);
  return after.map((usage) => {
    const { cpuSeconds = 0, at = 0 } = before.find(({ pod }) => pod === usage.pod) ?? {};
    return Object.assign(usage, { cpuSeconds: usage.cpuSeconds - cpuSeconds, at: usage.at - at });
  });
}

/** The replica that took more of the processor is the one that leads. */
function usageRows(what: string, of: string, usages: readonly AgentUsage[]): readonly BenchRow[] {
  const sorted = usages.toSorted((a, b) => b.cpuSeconds / b.at - a.cpuSeconds / a.at);
  return sorted.flatMap(({ workingSetBytes, rssBytes, cpuSeconds, at }, rank) => {
    const who = rank === 0 ? 'leader' : 'stands by';
    const over = `over ${Math.round(at / 1000)} s, ${of}, by the kubelet's summary`;
    return [
      benchRow(`agent ${what}, ${who}, working set`, `megabytes, ${over}`, workingSetBytes / MEGABYTE),
      benchRow(`agent ${what}, ${who}, anonymous memory`, `megabytes, ${over}`, rssBytes / MEGABYTE),
      benchRow(`agent ${what}, ${who}, processor`, `thousandths of a core, ${over}`, (cpuSeconds / at) * 1e6),
    ];
  });
}
