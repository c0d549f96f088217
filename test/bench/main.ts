import { ensureParts } from '../cluster/parts.ts';
import { benchAgent } from './agent/bench.ts';
import { benchBurst } from './burst.ts';
import { benchCost } from './cost/bench.ts';
import { benchColdStart } from './functions/cold-start.ts';
import { benchPackage } from './functions/package.ts';
import { benchWarm } from './functions/warm.ts';
import { benchGit } from './git.ts';
import { benchGitHostRequests } from './git-host-requests.ts';
import { benchManifest } from './manifest.ts';
import { benchNeighbour } from './neighbour/bench.ts';
import { benchPolicy } from './policy.ts';
import { benchPush } from './push.ts';
import { benchQueue } from './queue.ts';
import { benchRealNode } from './real-node/bench.ts';
import { benchReceivePush } from './receive-push.ts';
import { benchRequests } from './requests.ts';
import type { BenchRow } from './row.ts';

/** Each bench by its name; `npm run bench -- policy` runs one. */
const BENCHES: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  policy: benchPolicy,
  manifest: benchManifest,
  git: benchGit,
  queue: benchQueue,
  'receive-push': benchReceivePush,
  requests: benchRequests,
  push: benchPush,
  burst: benchBurst,
  'git-host-requests': benchGitHostRequests,
  neighbour: benchNeighbour,
  package: benchPackage,
  'cold-start': benchColdStart,
  warm: benchWarm,
  cost: benchCost,
  agent: benchAgent,
  'real-node': benchRealNode,
};

/** Those that need real parts. */
const REAL: ReadonlySet<string> = new Set([
  'requests',
  'push',
  'package',
  'cold-start',
  'warm',
  'cost',
  'agent',
  'real-node',
]);

const asked = process.argv.slice(2);
const wanted = asked.length === 0 ? Object.keys(BENCHES) : asked;
const print = (text: string) => process.stdout.write(`${text}\n`);

if (wanted.some((name) => REAL.has(name))) {
  await ensureParts(print);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.includes(name)) {
    print(`\n${name}`);
    for (const row of await bench()) {
      print(`  ${row.name}: ${format(row)}\n    ${row.how}`);
    }
  }
}

function format({ ours, peer, ratio }: BenchRow): string {
  const own = ours.toFixed(ours < 10 && !Number.isInteger(ours) ? 2 : 0);
  return peer === undefined ? own : `${own}, peer ${peer.toFixed(2)}, ratio ${ratio?.toFixed(2)}`;
}
