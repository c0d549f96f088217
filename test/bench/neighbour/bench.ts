import { createHandler } from '../../../functions/evaluate-policy/handler.ts';
import { lambdaContext } from '../../../infra/local/lambda-context.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader, type WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { openPlainGit } from '../../../shared/git-host/git/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { deployment } from '../../fakes/manifests.ts';
import { watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { sqsEvent } from '../../fakes/sqs-event.ts';
import { bearer, openFrontDoor } from '../../unit/receive-push/front-door.ts';
import { percentile } from '../percentile.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { BOMBS, EVENTS, packed } from './bombs.ts';
import { type ErrorPage, type Packed, startPackServer } from './pack-server.ts';

const RUNS = 9;
const NEIGHBOUR = packed({ 'deploy.yml': deployment('registry.example.com/hello:1.0.0', 'semver:~1') });
/** A version that is long, as patterns that backtrack want it. */
const TAG = `1.${'1'.repeat(19)}.${'1'.repeat(19)}`;
const PUSH = JSON.stringify({
  version: 1,
  id: 'push',
  source: 'distribution',
  registry: 'registry.example.com',
  repository: 'hello',
  tag: TAG,
  receivedAt: '2026-11-23T10:00:00.000Z',
});

/** How long the update of a repository takes whose neighbour is meant to wear us out: 1.2 at most is what we promise. */
export async function benchNeighbour(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  await neighbourMillis(undefined);
  for (const [name, make] of Object.entries(BOMBS)) {
    const bomb = make();
    rows.push(await row(name, async (turn) => neighbourMillis(bomb(turn))));
  }
  return [...rows, await row('1 MiB of {} events', async () => neighbourMillis(undefined, deliverEvents))];
}

async function row(name: string, beside: (turn: number) => Promise<number>): Promise<BenchRow> {
  const [alone, together]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < RUNS; turn += 1) {
    alone.push(await neighbourMillis(undefined));
    together.push(await beside(turn));
  }
  const how = `a push to its update of the other repository, plain Git over HTTP that answers in 20 ms, p50 of ${RUNS}; the peer is the same without it`;
  return benchRow(`update beside ${name}`, how, percentile(together, 0.5), percentile(alone, 0.5));
}

/** Milliseconds until the neighbour's update is sent, in a function that knows nothing yet. */
async function neighbourMillis(bomb: Packed | ErrorPage | undefined, meanwhile = async () => {}): Promise<number> {
  const repositories = new Map<string, Packed | ErrorPage>([
    ...(bomb === undefined ? [] : ([['bomb.git', bomb]] as const)),
    ['neighbour.git', NEIGHBOUR],
  ]);
  const server = await startPackServer(repositories);
  let sentAt = Number.NaN;
  const dropped = { send: async () => {} };
  const handler = createHandler({
    repositories: [...repositories.keys()].map((name) => repositoryAt(`${server.url}/${name}`)),
    readSites: siteReader({ cache: memoryCache(), log: silentLog }),
    registry: () => memoryRegistry({ '1.0.0': undefined, [TAG]: undefined }),
    updates: {
      async send(messages) {
        sentAt = messages.length > 0 ? performance.now() : sentAt;
      },
    },
    ...{ pushes: dropped, deadLetters: dropped, maxReceives: 5, log: silentLog, now: Date.now },
  });
  try {
    const startedAt = performance.now();
    await Promise.all([handler(sqsEvent([PUSH]), lambdaContext('evaluate-policy', 60_000)), meanwhile()]);
    return sentAt - startedAt;
  } finally {
    await server.close();
  }
}

function repositoryAt(url: string): WatchedRepository {
  const host = openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: 20_000 });
  const { config } = watched(host);
  return { host, config: { ...config, url } };
}

async function deliverEvents(): Promise<void> {
  await openFrontDoor().deliver({ headers: bearer, body: EVENTS });
}
