import { ensureParts } from '../cluster/parts.ts';
import { benchPolicy } from './policy.ts';
import { benchPush } from './push.ts';
import { benchRequests } from './requests.ts';
import type { BenchRow } from './row.ts';

/** Each bench by its name; `npm run bench -- policy` runs one. */
const BENCHES: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  policy: benchPolicy,
  requests: benchRequests,
  push: benchPush,
};

const wanted = process.argv.slice(2);
const print = (text: string) => process.stdout.write(`${text}\n`);

if (wanted.length === 0 || wanted.some((name) => name !== 'policy')) {
  await ensureParts(print);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length === 0 || wanted.includes(name)) {
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
