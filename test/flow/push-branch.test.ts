import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler } from '../../functions/commit-image/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { type HostStage, startHostStage } from './host-stage.ts';

const WEB = 'registry.example.com/web';
const API = 'registry.example.com/api';
const VERSIONS = ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '2.0.0'];
const CATCH_UP =
  /branch deploy: expected a push branch that has the head of main \(\w{12}\), or commits of Sluice alone, found one that is behind and has other people's commits, which are not given up\. Merge main into deploy, or delete deploy: it is made anew\./;

describe.each([{ kind: 'github' }, { kind: 'gitlab' }, { kind: 'git' }] as const)(
  'a push branch at $kind',
  ({ kind }) => {
    let stage: HostStage;
    beforeAll(async () => {
      stage = await startHostStage(kind);
    });
    afterAll(async () => {
      expect(stage.violations).toEqual([]);
      await stage.stop();
    });

    test('begins at the watched branch, which stays as it is', async () => {
      const { deliver, at, bare } = delivering(stage);
      const main = bare.git('rev-parse', 'main');
      await deliver([WEB, '1.0.1']);
      await deliver([API, '1.0.1']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.1`, `${API}:1.0.1`]);
      expect(bare.git('rev-parse', 'main')).toBe(main);
      expect(bare.git('rev-list', '--count', 'main..deploy').trim()).toBe('2');
    });

    test('gets what is new at its base, files and updates of them too, and keeps what waits on it', async () => {
      const { deliver, at, bare } = delivering(stage);
      await deliver([WEB, '1.0.1']);
      bare.commit([
        { path: 'new.yml', content: deployment(`${API}:1.0.0`, 'semver:~1') },
        { path: 'run.sh', content: 'echo\n', mode: '100755' },
      ]);
      await deliver([API, '1.0.2', 'new.yml']);
      expect([at('web.yml'), at('new.yml')]).toEqual([`${WEB}:1.0.1`, `${API}:1.0.2`]);
      expect(bare.git('diff', '--name-only', 'main', 'deploy').trim().split('\n')).toEqual(['new.yml', 'web.yml']);
      bare.git('merge-base', '--is-ancestor', 'main', 'deploy');
      // And again, from there.
      bare.commit([{ path: 'late.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') }]);
      await deliver([WEB, '1.0.3', 'late.yml']);
      const images = ['web.yml', 'new.yml', 'late.yml', 'api.yml'].map(at);
      expect(images).toEqual([`${WEB}:1.0.1`, `${API}:1.0.2`, `${WEB}:1.0.3`, `${API}:1.0.0`]);
    });

    test('takes policies and the block list of its base, for what waits on it as well', async () => {
      const { deliver, at, bare, reasons } = delivering(stage);
      await deliver([WEB, '1.0.1'], [API, '1.0.1']);
      bare.commit([
        { path: 'api.yml', content: deployment(`${API}:1.0.0`, 'semver:~2') },
        { path: '.sluice/blocked.yml', content: `blocked:\n  - image: ${WEB}\n    tag: 1.0.2\n    reason: it burns\n` },
      ]);
      await deliver([WEB, '1.0.2'], [API, '1.0.3']);
      expect(reasons()).toEqual([expect.stringContaining('it burns'), 'tag 1.0.3 does not pass semver:~2']);
      await deliver([API, '2.0.0']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.1`, `${API}:2.0.0`]);
    });

    test('gives up what its base does not want any more', async () => {
      const { deliver, at, bare } = delivering(stage);
      await deliver([WEB, '1.0.1']);
      bare.commit([
        { path: '.sluice/blocked.yml', content: `blocked:\n  - image: ${WEB}\n    tag: 1.0.1\n    reason: it burns\n` },
      ]);
      await deliver([API, '1.0.1']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.0`, `${API}:1.0.1`]);
    });

    test('decides the digest of what waits on it by the registry, whatever a commit there says', async () => {
      const { deliver, at, bare } = delivering(stage, `${WEB}:1.0.0@${digestOf('1.0.0')}`);
      await deliver([API, '1.0.1']);
      const forged = `${WEB}:1.0.1@${digestOf('2.0.0')}`;
      bare.commit([{ path: 'web.yml', content: deployment(forged, 'semver:~1') }], 'deploy');
      const words = `Sluice-Site: web.yml deployment/default/hello hello ${forged.replace(':', ' ')}`;
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
      const commit = ['commit-tree', 'deploy^{tree}', '-p', 'deploy~1', '-m', `${WEB}: 1.0.0 → 1.0.1\n\n${words}`];
      bare.git('update-ref', 'refs/heads/deploy', bare.git(...identity, ...commit).trim());
      bare.commit([{ path: 'notes.txt', content: 'new at the base\n' }]);
      await deliver([API, '1.0.2']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.1@${digestOf('1.0.1')}`, `${API}:1.0.2`]);
    });

    test('begins anew on what was merged, whether its commits came along or one in their place', async () => {
      const { deliver, at, bare } = delivering(stage);
      await deliver([WEB, '1.0.1']);
      bare.git('update-ref', 'refs/heads/main', 'deploy');
      await deliver([WEB, '1.0.2']);
      const squashed = bare.git('show', 'deploy:web.yml');
      bare.commit([{ path: 'web.yml', content: squashed }]);
      await deliver([API, '1.0.1']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.2`, `${API}:1.0.1`]);
      expect(bare.git('diff', '--name-only', 'main', 'deploy').trim()).toBe('api.yml');
    });

    test('does not bring back what people squashed under their own title and then went back from', async () => {
      const { deliver, at, bare, reasons } = delivering(stage);
      await deliver([WEB, '1.0.2']);
      bare.commit([{ path: 'web.yml', content: bare.git('show', 'deploy:web.yml') }]);
      bare.commit([{ path: 'web.yml', content: deployment(`${WEB}:1.0.0`, 'semver:~1') }]);
      await deliver([WEB, '1.0.2']);
      await deliver([API, '1.0.1']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.0`, `${API}:1.0.1`]);
      bare.commit([{ path: 'notes.txt', content: 'new at the base\n' }]);
      await deliver([WEB, '1.0.1'], [API, '1.0.2']);
      await deliver([WEB, '1.0.2']);
      expect([at('web.yml'), at('api.yml')]).toEqual([`${WEB}:1.0.0`, `${API}:1.0.2`]);
      const moved = 'a person moved this place away from 1\\.0\\.2, which commit \\w{12} had set; ';
      expect(reasons()).toContainEqual(expect.stringMatching(`${moved}1\\.0\\.1, which is not newer, comes back only`));
      await deliver([WEB, '1.0.3']);
      expect(at('web.yml')).toBe(`${WEB}:1.0.3`);
    });

    test("keeps people's commits: an update of a place that it lacks fails by name, until they merge", async () => {
      const { deliver, at, bare, errors, handler, message } = delivering(stage);
      await deliver([WEB, '1.0.1']);
      const foreign = bare.commit([{ path: 'notes.txt', content: 'by a person\n' }], 'deploy');
      bare.commit([{ path: 'new.yml', content: deployment(`${API}:1.0.0`, 'semver:~1') }]);
      const event = updatesEvent([message([API, '1.0.1', 'new.yml']), message([API, '1.0.1'])]);
      await handler(event, contextOf('commit-image'));
      expect(errors()).toEqual([expect.stringMatching(CATCH_UP)]);
      expect(at('api.yml')).toBe(`${API}:1.0.1`);
      expect(bare.git('rev-list', 'deploy').split('\n')).toContain(foreign);
      const tree = bare.git('merge-tree', '--write-tree', 'deploy', 'main').trim();
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
      const parents = ['-p', 'deploy', '-p', 'main', '-m', "Merge branch 'main' into deploy"];
      bare.git('update-ref', 'refs/heads/deploy', bare.git(...identity, 'commit-tree', tree, ...parents).trim());
      await deliver([API, '1.0.1', 'new.yml']);
      expect([at('new.yml'), at('web.yml')]).toEqual([`${API}:1.0.1`, `${WEB}:1.0.1`]);
      expect(bare.git('show', 'deploy:notes.txt')).toBe('by a person\n');
    });
  },
);

type Delivered = readonly [image: string, tag: string, file?: string];

/** A repository with two workloads, and commit-image committing beside it. */
function delivering(stage: HostStage, web = `${WEB}:1.0.0`) {
  const name = randomUUID();
  const bare = stage.repository(name, [
    { path: 'web.yml', content: deployment(web, 'semver:~1') },
    { path: 'api.yml', content: deployment(`${API}:1.0.0`, 'semver:~1') },
  ]);
  const url = stage.url(name);
  const { repositories } = parseConfig(
    `
repositories: [{ url: ${url}, host: ${stage.kind}, delivery: { pushBranch: deploy } }]
registries: [{ host: registry.example.com }]
`,
    'sluice.yml',
  );
  const { log, lines } = recordingLog();
  const deadLetters = recordingSender();
  const handler = createHandler({
    repositories: repositories.map((config) => ({ config, host: stage.open(name) })),
    registry: () => memoryRegistry(Object.fromEntries(VERSIONS.map((tag) => [tag, undefined]))),
    deadLetters,
    maxReceives: 5,
    log,
    now: Date.now,
    rateLimit: async () => {},
  });
  const message = ([image, to, file = image === WEB ? 'web.yml' : 'api.yml']: Delivered) => [
    imageUpdate({ url, image, file, from: '1.0.0', to, revision: bare.git('rev-parse', 'main').trim() }),
  ];
  const deliver = async (...updates: readonly Delivered[]) => {
    const event = updatesEvent(updates.map(message));
    expect(await handler(event, contextOf('commit-image'))).toEqual({ batchItemFailures: [] });
    expect(deadLetters.sent.length).toBe(errors().length);
  };
  const errors = () =>
    lines.filter(({ message: says }) => says === 'update failed').map(({ error }) => JSON.stringify(error));
  return {
    deliver,
    handler,
    message,
    bare,
    errors,
    at: (file: string) => /image: (\S+)/.exec(bare.git('show', `deploy:${file}`))?.[1],
    reasons: () => lines.flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
  };
}

/** As the registry in memory has it. */
function digestOf(tag: string): string {
  return `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`;
}
