import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SQSEvent } from 'aws-lambda';
import { createHandler as createCommit } from '../../../functions/commit-image/handler.ts';
import { createHandler as createEvaluate } from '../../../functions/evaluate-policy/handler.ts';
import { createHandler as createReport } from '../../../functions/report-apply/handler.ts';
import { createHandler as createSweep } from '../../../functions/sweep/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import { siteReader, type WatchedRepository } from '../../../shared/decision/site-reader.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { GitHost } from '../../../shared/git-host/port.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import type { Registry } from '../../../shared/registry/port.ts';
import { imageUpdate, updatesEvent } from '../../fakes/image-updates.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { openFrontDoor } from '../receive-push/front-door.ts';

/** A line of a function's log. */
export type ToldLine = Readonly<Record<string, unknown>> & { readonly service: FunctionName };

const HOST = 'registry.example.com';
const IMAGE = `${HOST}/hello`;
const URL_OF_GIT = 'https://git.example.com/hello.git';
const BROKEN = 'image: [a\nb: c\n';
const BINARY = 'image: \0';
const away = new SluiceError({ code: 'registry-unavailable', subject: HOST, found: 'status 503', retryable: true });

/** What the functions log when they are run through everything that a query asks for. */
export async function tellAll(): Promise<readonly ToldLine[]> {
  const told = {
    'receive-push': [...(await receive()), ...failToStart('receive-push')],
    'evaluate-policy': await evaluate(),
    'commit-image': await commit(),
    sweep: await sweep(),
    'report-apply': await report(),
  } satisfies Readonly<Record<FunctionName, unknown>>;
  return Object.entries(told).flatMap(([service, lines]) =>
    lines.map((line) => ({ ...line, service: service as FunctionName })),
  );
}

async function receive() {
  const door = openFrontDoor();
  const event = (registry: string) => ({
    id: `event of ${registry}`,
    timestamp: '2026-11-24T09:59:58Z',
    action: 'push',
    target: { repository: 'hello', tag: '1.0.1', digest: `sha256:${'ab'.repeat(32)}` },
    request: { host: registry },
    actor: { name: 'ci' },
  });
  await door.deliver({ body: { events: [event(HOST), event('elsewhere.example.com')] } });
  await door.deliver({ body: {}, headers: { authorization: 'Bearer wrong' } });
  await door.deliver({ body: 'no JSON' });
  door.closeQueue();
  await door.deliver({ body: { events: [event(HOST)] } });
  return door.lines;
}

const site = (image: string, policy = 'semver:~1', extra = '') => deployment(`${HOST}/${image}`, policy, extra);

async function evaluate() {
  const { log, lines } = recordingLog();
  const handler = createEvaluate({
    repositories: [
      watched(
        memoryGitHost({
          'a.yml': site('hello:1.0.0'),
          'b.yml': site('hello:1.0.0', 'semver:nonsense'),
          'c.yml': site('away:1.0.0'),
          'd.yml': BROKEN,
          'e.yml': BINARY,
          'f.yml': site('hello:1.0.0', 'semver:~1', '    sluice.dev/freeze: until 3000-01-01\n'),
        }),
      ),
    ],
    readSites: siteReader({ cache: memoryCache(), log }),
    registry: () => partlyAway,
    updates: recordingSender(),
    pushes: recordingSender(),
    deadLetters: recordingSender(),
    maxReceives: 5,
    log,
    now: Date.now,
  });
  const pushes = [
    ['hello', '1.0.1'],
    ['hello', 'tmp'],
    ['other', '1.0.1'],
    ['away', '1.0.1'],
  ] as const;
  const bodies = pushes.map(([repository, tag]) =>
    JSON.stringify({
      ...{ version: 1, id: `push of ${repository}:${tag}`, source: 'distribution', registry: HOST, repository, tag },
      receivedAt: '2026-11-24T10:00:00Z',
    }),
  );
  await handler(queued(bodies, 1), contextOf('evaluate-policy'));
  await handler(queued(bodies.slice(-1), 5), contextOf('evaluate-policy'));
  return lines;
}

const images = memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined, '1.0.2': undefined });
const partlyAway: Registry = {
  ...images,
  async image(repository, tag, needs) {
    if (repository === 'away') {
      throw away;
    }
    return images.image(repository, tag, needs);
  },
};

function queued(bodies: readonly string[], receives: number): SQSEvent {
  const { Records } = updatesEvent(bodies.map(() => []));
  Records.forEach((record, index) => {
    record.body = bodies[index] ?? '';
    record.attributes.ApproximateReceiveCount = String(receives);
  });
  return { Records };
}

async function commit() {
  const { log, lines } = recordingLog();
  const run = async (repository: WatchedRepository, updates: readonly ImageUpdate[]) => {
    const handler = createCommit({
      repositories: [repository],
      registry: () => images,
      deadLetters: recordingSender(),
      maxReceives: 5,
      log,
      now: Date.now,
      rateLimit: async () => {},
    });
    await handler(updatesEvent([updates]), contextOf('commit-image'));
  };
  const change = async (host: GitHost, file: string, to = '1.0.1') =>
    imageUpdate({ url: URL_OF_GIT, image: IMAGE, file, from: '1.0.0', to, revision: await host.head('main') });
  const host = memoryGitHost({ 'a.yml': site('hello:1.0.0'), 'd.yml': BROKEN });
  // Somebody is quicker, once for the guess and once for the look that follows.
  let quicker = 2;
  host.beforeCommit = () => {
    if (quicker > 0) {
      quicker -= 1;
      host.push({ 'notes.txt': String(quicker) });
    }
  };
  await run(watched(host), await Promise.all(['a.yml', 'gone.yml', 'd.yml'].map(async (file) => change(host, file))));
  host.commit = async () => Promise.reject(away);
  await run(watched(host), [await change(host, 'a.yml', '1.0.2')]);

  const proposing = memoryGitHost({ 'a.yml': site('hello:1.0.0') });
  const { config } = watched(proposing);
  const pullRequests: GitHost['pullRequests'] = {
    list: async () => [],
    open: async (request) => ({ ...request, number: 1, url: 'https://git.example.com/hello/pull/1', state: 'open' }),
    update: async () => {},
    close: async () => {},
  };
  await run(
    {
      config: { ...config, delivery: { ...config.delivery, mode: 'pull-request' } },
      host: { ...proposing, pullRequests },
    },
    [await change(proposing, 'a.yml')],
  );
  return lines;
}

async function sweep() {
  const { log, lines } = recordingLog();
  const host = memoryGitHost({ 'a.yml': site('hello:1.0.0'), 'b.yml': site('away:1.0.0') });
  const broken = { ...host, head: async () => Promise.reject(away) };
  const cache = memoryCache();
  const registry: Registry = {
    ...images,
    tags: async (repository) => (repository === 'away' ? Promise.reject(away) : images.tags(repository)),
  };
  const handler = createSweep({
    repositories: [watched(host), watched(broken)],
    readSites: async (repository) => siteReader({ cache: memoryCache(), log })(repository),
    registry: () => registry,
    pushes: recordingSender(),
    cache,
    log,
    now: Date.now,
  });
  await handler({}, contextOf('sweep'));
  return lines;
}

async function report() {
  const { log, lines } = recordingLog();
  const ports = { repositories: [], webhooks: [new URL('http://127.0.0.1:1/')], cache: memoryCache(), log };
  const handler = createReport(ports);
  for (const healthy of [true, false]) {
    const told = handler(
      {
        ...{ version: 1, cluster: 'shop', repository: URL_OF_GIT, branch: 'main', revision: '0123456789abcdef' },
        ...{ healthy, problems: healthy ? [] : ['deployment/default/hello: 0 of 1 replicas are available'] },
        objects: [{ object: 'deployment/default/hello', action: 'configured' }],
        startedAt: '2026-11-23T10:00:00.000Z',
        finishedAt: '2026-11-23T10:00:02.000Z',
      },
      contextOf('report-apply'),
    );
    await told.catch(() => {});
  }
  return lines;
}

/** The entry itself writes to standard output, so it runs in a process of its own. */
export function failToStart(name: FunctionName): readonly Readonly<Record<string, unknown>>[] {
  const entry = fileURLToPath(new URL(`../../../functions/${name}/handler.ts`, import.meta.url));
  const code = `import { handler } from ${JSON.stringify(entry)};
    await handler({}, { awsRequestId: 'request-1' }).catch(() => {});`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    env: { ...process.env, SLUICE_CONFIG: '/nowhere/sluice.yml' },
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}
