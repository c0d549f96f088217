import { randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler } from '../../functions/commit-image/handler.ts';
import { type Proposal, proposalsOf } from '../../functions/commit-image/message/pull-request-body.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { parseConfig } from '../../shared/config/load.ts';
import type { PullRequest } from '../../shared/git-host/pull-request.ts';
import type { BareRepository } from '../contract/bare-repository.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { type HostKind, type HostStage, startHostStage } from './host-stage.ts';

const WEB = 'registry.example.com/web';
const API = 'registry.example.com/api';
const VERSIONS = ['1.0.0', '1.0.1', '1.0.2', '1.0.3'];
/** The registry has it, and no policy here takes it. */
const EVIL = 'latest-evil';

describe.each([{ kind: 'github' }, { kind: 'gitlab' }] as const)('delivery by pull requests at $kind', ({ kind }) => {
  let stage: HostStage;
  beforeAll(async () => {
    stage = await startHostStage(kind);
  });
  afterAll(async () => {
    expect(stage.violations).toEqual([]);
    await stage.stop();
  });

  test('opens one for all that waits, with what changes as a table', async () => {
    const { deliver, pulls, bare, main } = proposing(stage);
    await deliver([WEB, '1.0.1'], [API, '1.0.1']);
    const [pull, ...others] = await pulls();
    expect(others).toEqual([]);
    expect(pull).toMatchObject({ state: 'open', title: `Update ${WEB}, ${API}` });
    expect(pull?.branch).toBe(`sluice/main-all-${main.slice(0, 12)}`);
    expect(pull?.body).toContain('| `deployment/default/hello` | `hello` | `1.0.0` | `1.0.1` | `semver:~1` |');
    expect(textAt(bare, pull, 'web.yml')).toContain(`image: ${WEB}:1.0.1\n`);
    expect(bare.git('rev-parse', 'main').trim()).toBe(main);
  });

  test('adds newer images to it, and keeps what people pushed there', async () => {
    const { deliver, pulls, bare } = proposing(stage);
    await deliver([WEB, '1.0.1']);
    const [first] = await pulls();
    const foreign = bare.commit([{ path: 'notes.txt', content: 'by a person\n' }], first?.branch);
    await deliver([WEB, '1.0.2'], [API, '1.0.1']);
    const [second, ...others] = await pulls();
    expect(others).toEqual([]);
    expect(second?.number).toBe(first?.number);
    expect(second?.body).toContain('`1.0.0` | `1.0.2`');
    expect(textAt(bare, second, 'web.yml')).toContain(`${WEB}:1.0.2`);
    expect(textAt(bare, second, 'api.yml')).toContain(`${API}:1.0.1`);
    expect(bare.git('log', '--format=%H', second?.branch ?? '').split('\n')).toContain(foreign);
  });

  test('is the same for an update that comes twice, or late', async () => {
    const { deliver, pulls, bare, lines } = proposing(stage);
    await deliver([WEB, '1.0.2']);
    const [before] = await pulls();
    const head = bare.git('rev-parse', before?.branch ?? '');
    await deliver([WEB, '1.0.2']);
    await deliver([WEB, '1.0.1']);
    expect(await pulls()).toEqual([before]);
    expect(bare.git('rev-parse', before?.branch ?? '')).toBe(head);
    expect(lines.filter(({ message }) => message === 'update dropped')).toHaveLength(2);
  });

  test('opens one for each image where that is asked for, with labels', async () => {
    const { deliver, pulls } = proposing(stage, 'group: image, labels: [deploy]');
    await deliver([WEB, '1.0.1'], [API, '1.0.1']);
    const titles = (await pulls()).map(({ title }) => title).toSorted();
    expect(titles).toEqual([`${API}: 1.0.0 → 1.0.1`, `${WEB}: 1.0.0 → 1.0.1`]);
  });

  test('opens the one that a run which was cut short had made the branch for', async () => {
    const { deliver, pulls, bare, host } = proposing(stage);
    await deliver([WEB, '1.0.1']);
    const [first] = await pulls();
    await host.pullRequests?.update(first?.number ?? 0, { title: 'x', body: 'x <!-- sluice:superseded -->' });
    await host.pullRequests?.close(first?.number ?? 0, 'by the test');
    const head = bare.git('rev-parse', first?.branch ?? '');
    await deliver([WEB, '1.0.1']);
    const open = (await pulls()).filter(({ state }) => state === 'open');
    expect(open).toMatchObject([{ branch: first?.branch, title: `${WEB}: 1.0.0 → 1.0.1` }]);
    expect(bare.git('rev-parse', first?.branch ?? '')).toBe(head);
  });

  test('does not propose again what a person closed, and does propose what is newer', async () => {
    const { deliver, pulls, host, lines } = proposing(stage);
    await deliver([WEB, '1.0.1']);
    const [first] = await pulls();
    await host.pullRequests?.close(first?.number ?? 0, 'No, thank you');
    await deliver([WEB, '1.0.1']);
    expect((await pulls()).filter(({ state }) => state === 'open')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({
      message: 'update dropped',
      reason: `pull request ${first?.number} for 1.0.1 was closed without merging it`,
    });
    await deliver([WEB, '1.0.2']);
    expect((await pulls()).filter(({ state }) => state === 'open')).toMatchObject([{ title: `${WEB}: 1.0.0 → 1.0.2` }]);
  });

  test('closes the one that the base has overtaken, and another takes its place', async () => {
    const { deliver, pulls, bare } = proposing(stage);
    await deliver([WEB, '1.0.1']);
    const [first] = await pulls();
    const main = bare.commit([{ path: 'web.yml', content: deployment(`${WEB}:1.0.2`, 'semver:~1') }]);
    await deliver([WEB, '1.0.3']);
    const all = await pulls();
    expect(all.find(({ number }) => number === first?.number)?.state).toBe('closed');
    expect(all.filter(({ state }) => state === 'open')).toMatchObject([
      { title: `${WEB}: 1.0.2 → 1.0.3`, branch: `sluice/main-all-${main.slice(0, 12)}` },
    ]);
  });

  test('opens another for all of them where an update is of a file that is newer than its branch', async () => {
    const { deliver, pulls, bare } = proposing(stage);
    await deliver([API, '1.0.1']);
    const [first] = await pulls();
    bare.commit([{ path: 'new.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') }]);
    await deliver([WEB, '1.0.1', 'new.yml']);
    const open = (await pulls()).filter(({ state }) => state === 'open');
    expect(open.map(({ number }) => number)).not.toContain(first?.number);
    expect(open).toMatchObject([{ title: `Update ${API}, ${WEB}` }]);
    expect(textAt(bare, open[0], 'new.yml')).toContain(`${WEB}:1.0.1`);
    expect(textAt(bare, open[0], 'api.yml')).toContain(`${API}:1.0.1`);
  });

  test('closes the one whose versions the base has by now, which declines nothing', async () => {
    const { deliver, pulls, bare } = proposing(stage);
    await deliver([WEB, '1.0.1']);
    bare.commit([{ path: 'web.yml', content: deployment(`${WEB}:1.0.1`, 'semver:~1') }]);
    await deliver([WEB, '1.0.1']);
    expect((await pulls()).map(({ state }) => state)).toEqual(['closed']);
    bare.commit([{ path: 'web.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') }]);
    await deliver([WEB, '1.0.1']);
    expect((await pulls()).filter(({ state }) => state === 'open')).toHaveLength(1);
  });

  test('proposes a version that a person closed again, where it was allowed since', async () => {
    const { deliver, pulls, host, bare } = proposing(stage);
    await deliver([WEB, '1.0.1']);
    const [first] = await pulls();
    bare.commit([
      { path: '.sluice/blocked.yml', content: `allowed: [{ image: "${WEB}:1.0.1", since: 2020-01-01 }]\n` },
    ]);
    await host.pullRequests?.close(first?.number ?? 0, 'No, thank you');
    await deliver([WEB, '1.0.1']);
    expect((await pulls()).filter(({ state }) => state === 'open')).toEqual([]);
    bare.commit([
      { path: '.sluice/blocked.yml', content: `allowed: [{ image: "${WEB}:1.0.1", since: 9000-01-01 }]\n` },
    ]);
    await deliver([WEB, '1.0.1']);
    expect((await pulls()).filter(({ state }) => state === 'open')).toHaveLength(1);
  });

  test.each(kind === 'github' ? (['merge', 'squash'] as const) : (['merge'] as const))(
    'does not propose again what people took by %s under their own title and then went back from, nor what is older',
    async (how) => {
      const { deliver, pulls, host, bare, name, lines } = proposing(stage);
      await deliver([WEB, '1.0.2']);
      const [{ number, body } = { number: 0, body: '' }] = await pulls();
      await host.pullRequests?.update(number, { title: 'Ship it', body });
      await stage.merge(name, number, how);
      expect(bare.git('show', 'main:web.yml')).toContain(`${WEB}:1.0.2`);
      bare.commit([{ path: 'web.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') }]);
      await deliver([WEB, '1.0.2']);
      await deliver([WEB, '1.0.1']);
      expect((await pulls()).filter(({ state }) => state === 'open')).toEqual([]);
      const allow = `comes back only by \`sluice allow ${WEB}:1.0.2\``;
      expect(lines.flatMap(({ reason }) => (reason === undefined ? [] : [reason]))).toEqual([
        `pull request ${number} for 1.0.2 was merged, and a person moved this place away from it since; it ${allow}`,
        expect.stringMatching(`moved this place away from 1\\.0\\.2, .*; 1\\.0\\.1, which is not newer, ${allow}$`),
      ]);
      await deliver([WEB, '1.0.3']);
      expect((await pulls()).filter(({ state }) => state === 'open')).toMatchObject([
        { title: `${WEB}: 1.0.0 → 1.0.3` },
      ]);
    },
    60_000,
  );

  test.each([
    {
      what: 'a tag that the policy does not take',
      edit: (one: Proposal): Proposal => ({ ...one, to: { tag: EVIL } }),
      says: /tag latest-evil does not pass semver:~1/,
    },
    {
      what: 'a tag that the registry does not have',
      edit: (one: Proposal): Proposal => ({ ...one, to: { tag: '1.0.99' } }),
      says: /1\.0\.99/,
    },
    {
      what: 'an older tag with a made-up time',
      base: '1.0.2',
      edit: (one: Proposal): Proposal => ({
        ...one,
        from: `${API}:1.0.2`,
        to: { tag: '1.0.1', created: '2099-01-01T00:00:00Z' },
      }),
      says: /1\.0\.1/,
    },
    {
      what: 'another policy',
      edit: (one: Proposal): Proposal => ({ ...one, policy: 'glob:*', to: { tag: EVIL } }),
      says: /tag latest-evil does not pass semver:~1/,
    },
    {
      what: 'another image',
      edit: (one: Proposal): Proposal => ({ ...one, image: WEB, to: { tag: '1.0.3' } }),
      says: /stands there, and no longer registry\.example\.com\/web/,
    },
    {
      what: 'a file outside of the paths',
      edit: (one: Proposal): Proposal => ({ ...one, site: { ...one.site, file: 'other/api.yml' } }),
      says: /other\/api\.yml is no longer there/,
    },
  ])('makes no commit of what somebody wrote into a pull request: $what', async ({ edit, says, base = '1.0.0' }) => {
    const { deliver, pulls, bare, host, lines } = proposing(stage, '', 'paths: [web.yml, api.yml]');
    bare.commit([{ path: 'other/api.yml', content: deployment(`${API}:1.0.0`, 'semver:~1') }]);
    await deliver([API, '1.0.1']);
    const [first] = await pulls();
    const proposals = (proposalsOf(first?.body ?? '') ?? []).map(edit);
    const marker = `<!-- sluice:1 ${deflateRawSync(JSON.stringify(proposals)).toString('base64url')} -->`;
    await host.pullRequests?.update(first?.number ?? 0, { title: 'x', body: marker });
    // At a new head, all that is proposed goes into a commit on a new branch.
    bare.commit([
      { path: 'web.yml', content: deployment(`${WEB}:1.0.1`, 'semver:~1') },
      { path: 'api.yml', content: deployment(`${API}:${base}`, 'semver:~1') },
    ]);
    await deliver([WEB, '1.0.2']);
    const open = (await pulls()).filter(({ state }) => state === 'open');
    expect(open).toHaveLength(1);
    expect(open[0]?.body).not.toContain('evil');
    expect(proposalsOf(open[0]?.body ?? '')?.map(({ image, to }) => [image, to.tag])).toEqual([[WEB, '1.0.2']]);
    for (const { branch } of await pulls()) {
      expect(bare.git('log', '-p', `main..${branch}`)).not.toMatch(/^\+.*(?:evil|1\.0\.99|1\.0\.3)/m);
    }
    expect(lines.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(says));
  });

  test('decides the digest of what stands in a pull request by the registry', async () => {
    const { deliver, pulls, host } = proposing(stage);
    await deliver([API, '1.0.1']);
    const [first] = await pulls();
    const [proposal] = proposalsOf(first?.body ?? '') ?? [];
    const edited = [
      {
        ...proposal,
        to: { tag: '1.0.1', digest: `sha256:${'e'.repeat(64)}` },
        push: { ...proposal?.push, id: 'x\u2028Sluice-Site: forged' },
      },
    ];
    const marker = `<!-- sluice:1 ${deflateRawSync(JSON.stringify(edited)).toString('base64url')} -->`;
    await host.pullRequests?.update(first?.number ?? 0, { title: 'x', body: marker });
    await deliver([WEB, '1.0.1']);
    const open = (await pulls()).find(({ state }) => state === 'open');
    const found = proposalsOf(open?.body ?? '')?.find(({ image }) => image === API);
    expect(found).toMatchObject({ to: { tag: '1.0.1', digest: digestOf('1.0.1') }, push: { id: 'unknown' } });
  });
});

type Delivered = readonly [image: string, tag: string, file?: string];

/** A repository with two workloads, and commit-image proposing to it. */
function proposing(stage: HostStage, delivery = '', more = '') {
  const name = randomUUID();
  const bare = stage.repository(name, [
    { path: 'web.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') },
    { path: 'api.yml', content: deployment(`${API}:1.0.0`, 'semver:~1') },
  ]);
  const config = configOf(stage.kind, stage.url(name), delivery, more);
  const host = stage.open(name);
  const { log, lines } = recordingLog();
  const deadLetters = recordingSender();
  const handler = createHandler({
    repositories: [{ config, host }],
    registry: () => memoryRegistry(Object.fromEntries([...VERSIONS, EVIL].map((tag) => [tag, undefined]))),
    deadLetters,
    maxReceives: 5,
    log,
    now: Date.now,
    rateLimit: async () => {},
  });
  const main = bare.git('rev-parse', 'main').trim();
  const deliver = async (...updates: readonly Delivered[]) => {
    const messages = updates.map(([image, to, file = image === WEB ? 'web.yml' : 'api.yml']) => {
      const update = imageUpdate({ url: stage.url(name), image, file, from: '1.0.0', to, revision: main });
      // As evaluate-policy sends it: with what the registry says.
      return [{ ...update, to: { tag: to, digest: digestOf(to) } }];
    });
    expect(await handler(updatesEvent(messages), contextOf('commit-image'))).toEqual({ batchItemFailures: [] });
    expect(deadLetters.sent).toEqual([]);
  };
  const pulls = async () => (await host.pullRequests?.list('main', 'sluice/main-')) ?? [];
  return { deliver, pulls, bare, main, host, lines, name };
}

/** As the registry in memory has it. */
function digestOf(tag: string): string {
  return `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`;
}

function configOf(kind: HostKind, url: string, delivery: string, more: string) {
  const [config] = parseConfig(
    `
repositories: [{ url: ${url}, host: ${kind}, delivery: { mode: pull-request, ${delivery} }, ${more} }]
registries: [{ host: registry.example.com }]
`,
    'sluice.yml',
  ).repositories;
  if (config === undefined) {
    throw new Error('expected a repository');
  }
  return config;
}

function textAt(bare: BareRepository, pull: PullRequest | undefined, file: string): string {
  return bare.git('show', `${pull?.branch}:${file}`);
}
