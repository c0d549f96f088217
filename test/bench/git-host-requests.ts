import { createHandler } from '../../functions/commit-image/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { memoryCache } from '../../shared/cache/memory-cache.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { siteReader, type WatchedRepository } from '../../shared/decision/site-reader.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { type HostKind, type HostStage, startHostStage } from '../flow/host-stage.ts';
import { type BenchRow, benchRow } from './row.ts';

const IMAGE = 'registry.example.com/hello';
const manifest = (tag: string) => deployment(`${IMAGE}:${tag}`, 'semver:~1');

/** Requests to each Git host to decide and to commit, for few files and for many. */
export async function benchGitHostRequests(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const kind of ['github', 'gitlab', 'git'] as const) {
    const few = await countAt(kind, 10);
    const many = await countAt(kind, 10_000);
    const how = `requests that the ${kind === 'git' ? 'server' : 'double'} took, 10 files; the peer column has the same with 10,000 files`;
    rows.push(...Object.keys(few).map((step) => benchRow(`${kind}, ${step}`, how, few[step] ?? 0, many[step] ?? 0)));
  }
  return rows;
}

async function countAt(kind: HostKind, files: number): Promise<Readonly<Record<string, number>>> {
  const stage = await startHostStage(kind);
  try {
    return await count(stage, files);
  } finally {
    await stage.stop();
  }
}

async function count(stage: HostStage, files: number): Promise<Readonly<Record<string, number>>> {
  const others = Array.from({ length: files - 1 }, (_, index) => ({
    path: `k8s/x/${index}.yml`,
    content: `a: ${index}\n`,
  }));
  const bare = stage.repository('hello', [{ path: 'k8s/hello.yml', content: manifest('1.0.0') }, ...others]);
  const url = stage.url('hello');
  const text = `
repositories: [{ url: "${url}", host: ${stage.kind}, paths: [k8s] }]
registries: [{ host: registry.example.com }]
`;
  const [config] = parseConfig(text, 'sluice.yml').repositories;
  if (config === undefined) {
    throw new Error('expected a repository');
  }
  const open = (): WatchedRepository => ({ config, host: stage.open('hello') });
  const { log } = recordingLog();
  const cache = memoryCache();
  const counted = async (work: () => Promise<unknown>) => {
    const before = stage.requests.length;
    await work();
    return stage.requests.length - before;
  };
  const [watched, read] = [open(), siteReader({ cache, log })];
  const cold = await counted(async () => read(watched));
  const unmoved = await counted(async () => read(watched));
  bare.commit([{ path: 'k8s/hello.yml', content: manifest('1.0.1') }]);
  const moved = await counted(async () => read(watched));
  const fromCache = await counted(async () => siteReader({ cache, log })(open()));
  const handler = createHandler({
    repositories: [open()],
    registry: () => memoryRegistry({}),
    deadLetters: recordingSender(),
    maxReceives: 5,
    log,
    now: Date.now,
    rateLimit: async () => {},
  });
  const commit = async (from: string, to: string) => {
    const revision = bare.git('rev-parse', 'main').trim();
    const update = imageUpdate({ url, image: IMAGE, file: 'k8s/hello.yml', from, to, revision });
    await handler(updatesEvent([[update]]), contextOf('commit-image'));
  };
  const first = await counted(async () => commit('1.0.1', '1.0.2'));
  const next = await counted(async () => commit('1.0.2', '1.0.3'));
  return {
    'decide, never seen': cold,
    'decide, branch not moved': unmoved,
    'decide, a file changed': moved,
    'decide, new process with the cache': fromCache,
    'commit, new process': first,
    'commit, warm': next,
  };
}
