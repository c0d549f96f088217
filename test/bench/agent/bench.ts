import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAgent } from '../../../infra/agent/bundle.ts';
import { startControlPlane } from '../../cluster/control-plane.ts';
import type { BenchRow } from '../row.ts';
import { nodeOptions } from './image.ts';
import { benchNudge } from './nudge.ts';
import { measureOurs } from './ours.ts';
import { measurePeer } from './peer-runs.ts';
import { openPeers, type Peer } from './peers.ts';
import { rowsOf } from './rows.ts';
import type { BenchStage, Measured } from './stage.ts';

/** The bundled agent beside kubectl and Flux's own library, on one cluster, each in a namespace of its own. */
export async function benchAgent(): Promise<readonly BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-agent-'));
  const cluster = await startControlPlane({ controllerRate: 200 });
  try {
    const bundle = join(directory, 'bundle', 'sluice-agent.mjs');
    await bundleAgent(bundle);
    writeFileSync(join(directory, 'nudge-secret'), 'bench');
    const { kubectl, limited, unlimited, parallel } = await openPeers(cluster.kubeconfig);
    const stage = { cluster, directory, command: [...nodeOptions(), bundle] };
    return [
      ...(await compare(stage, 1000, [kubectl, unlimited, parallel], limited)),
      ...(await compare(stage, 5000, [kubectl, parallel])),
      ...(await benchNudge(stage, 'nudged')),
    ];
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param slow is only let find that there is nothing to do, after the first of the peers of its kind */
async function compare(
  stage: BenchStage,
  objects: number,
  peers: readonly Peer[],
  slow?: Peer,
): Promise<readonly BenchRow[]> {
  const ours = await measureOurs(stage, `ours-${objects}`, objects);
  const costs = new Map<string, Measured>();
  for (const [at, peer] of peers.entries()) {
    costs.set(peer.name, await measurePeer(stage, peer, `peer-${at}-${objects}`, objects));
  }
  const of = (step: keyof Measured) => new Map([...costs].map(([name, cost]) => [name, cost[step]]));
  const idle = of('nothing');
  if (slow !== undefined) {
    const at = peers.length - 1;
    idle.set(slow.name, await slow.apply({ directory: '', file: join(stage.directory, `peer-${at}-${objects}.yaml`) }));
  }
  return [
    ...rowsOf(`first apply of ${objects}`, ours.first, of('first')),
    ...rowsOf(`nothing to do of ${objects}`, ours.nothing, idle),
    ...rowsOf(`nothing to do of ${objects}, a process for it`, ours.once, idle),
    ...rowsOf(`one of ${objects} drifted`, ours.drifted, of('drifted')),
  ];
}
