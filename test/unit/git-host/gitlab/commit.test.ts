import { describe, expect, test } from 'vitest';
import { isSluiceError } from '../../../../shared/errors.ts';
import { commitRequest, EDIT, gitLabStage, headOf } from './stage.ts';

const stage = gitLabStage();

describe('commit', () => {
  test('after its files and the history were read: one request', async () => {
    const { host, bare } = stage.repository();
    const head = await host.head('main');
    await host.files(head, [EDIT.path]);
    await host.history('main');
    expect(await stage.asked(async () => host.commit(commitRequest(head)))).toEqual(['POST repository/commits']);
    expect(bare.log()[0]).toMatchObject({ parents: head, author: 'Sluice <sluice@example.com>' });
  });

  test.each([
    { name: 'of a file that was read', read: [EDIT.path], requests: ['GET repository/branches/main'] },
    {
      name: 'of a file that an archive told of',
      read: ['k8s'],
      requests: ['HEAD repository/files/k8s/deploy.yml?ref=@', 'GET repository/branches/main'],
    },
    {
      name: 'of a file that was not read',
      read: [],
      requests: ['GET repository/files/k8s/deploy.yml?ref=@', 'GET repository/branches/main'],
    },
  ])('$name, on a head seen a while ago: looks again', async ({ read, requests }) => {
    const { host } = stage.repository();
    const head = await host.head('main');
    await host.files(head, read);
    await host.history('main');
    stage.clock.now += 1000;
    const asked = await stage.asked(async () => host.commit(commitRequest(head)));
    expect(asked).toEqual([...requests.map((one) => one.replace('@', head)), 'POST repository/commits']);
  });

  test.each([
    { name: 'another file', path: 'root.yml', outcome: 'committed' },
    { name: 'the same file', path: EDIT.path, outcome: 'git-head-moved' },
  ])('keeps what slips in between to $name: $outcome', async ({ path, outcome }) => {
    const { host, bare } = stage.repository();
    const head = await host.head('main');
    await host.files(head, [EDIT.path]);
    await host.history('main');
    const foreign = bare.commit([{ path, content: 'image: foreign\n' }]);
    const result = await host.commit(commitRequest(head)).then(
      () => 'committed',
      (error: unknown) => (isSluiceError(error) ? error.code : String(error)),
    );
    expect(result).toBe(outcome);
    expect(bare.git('merge-base', '--is-ancestor', foreign, 'main')).toBe('');
    expect(bare.read(path).toString()).toBe('image: foreign\n');
  });

  test('makes a branch, and does not touch one that is there', async () => {
    const { host, bare } = stage.repository();
    const head = await host.head('main');
    bare.commit([{ path: EDIT.path, content: 'image: later\n' }]);
    const request = commitRequest(head, { branch: 'sluice/main', newBranch: true });
    const commit = await host.commit(request);
    expect(headOf(bare, 'sluice/main')).toBe(commit);
    expect(bare.git('rev-parse', `${commit}^`).trim()).toBe(head);
    await expect(host.commit(request)).rejects.toMatchObject({
      code: 'git-head-moved',
      retryable: true,
      message: expect.stringContaining(`branch sluice/main: expected no such branch yet, found ${commit}`),
    });
    expect(headOf(bare, 'sluice/main')).toBe(commit);
  });

  test('creates a file where that is allowed, or changes it', async () => {
    const { host, bare } = stage.repository();
    const edit = (text: string) => [{ path: '.sluice/blocked.yml', text, create: true }];
    const first = await host.commit(commitRequest(await host.head('main'), { edits: edit('a: 1\n') }));
    await host.commit(commitRequest(first, { edits: edit('a: 2\n') }));
    expect(bare.read('.sluice/blocked.yml').toString()).toBe('a: 2\n');
  });

  test.each([{ path: 'k8s/link.yml' }, { path: 'module' }, { path: '../x.yml' }, { path: '' }])(
    'creates nothing in place of "$path"',
    async ({ path }) => {
      const { host, bare } = stage.repository();
      const head = await host.head('main');
      const edits = [{ path, text: 'x\n', create: true }];
      await expect(host.commit(commitRequest(head, { edits }))).rejects.toMatchObject({ code: 'git-refused' });
      expect(headOf(bare)).toBe(head);
    },
  );

  test.each([
    {
      name: 'a protected branch',
      change: 'protected',
      says: '403 Forbidden - You are not allowed to push into this branch (status 403). Allow the account of these credentials to push to the branch.',
    },
    {
      name: 'an archived project',
      change: 'archived',
      says: '403 Forbidden - You are not allowed to push into this branch (status 403). Allow the account',
    },
    {
      name: 'a project that moved',
      change: 'moved',
      says: 'Non GET methods are not allowed for moved projects (status 405). Give the project by its new url in sluice.yml.',
    },
  ])('is refused by $name: git-refused', async ({ change, says }) => {
    const { host, again, bare, project, name } = stage.repository();
    if (change === 'protected') {
      project.protectedBranches.add('main');
    }
    project.archived = change === 'archived';
    stage.double().move('acme/former', `acme/team/${name}`);
    const writer = change === 'moved' ? again({ url: `${stage.double().url}/acme/former.git` }) : host;
    const head = headOf(bare);
    await expect(writer.commit(commitRequest(head))).rejects.toMatchObject({
      code: 'git-refused',
      retryable: false,
      message: expect.stringContaining(says),
    });
    expect(headOf(bare)).toBe(head);
  });

  test.each([
    { name: 'an answer that was lost', fault: { kind: 'cut' } as const },
    { name: 'a fault after the work', fault: { kind: 'status', status: 502, afterWork: true } as const },
    { name: 'a fault before the work', fault: { kind: 'status', status: 502 } as const },
  ])('$name: git-unavailable, and asked once', async ({ fault }) => {
    const { host, bare } = stage.repository();
    const head = await host.head('main');
    await host.files(head, [EDIT.path]);
    stage.double().plan = ({ method }) => (method === 'POST' ? fault : undefined);
    const asked = await stage.asked(async () =>
      expect(host.commit(commitRequest(head))).rejects.toMatchObject({ code: 'git-unavailable', retryable: true }),
    );
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
    expect(bare.log()).toHaveLength(fault.kind === 'status' && !('afterWork' in fault) ? 1 : 2);
  });

  test('of a file that is another in archives is of what Git has', async () => {
    const { host, bare } = stage.repository([
      { path: '.gitattributes', content: '*.yml text eol=crlf\n' },
      { path: 'a.yml', content: 'a: 1\n' },
    ]);
    const head = await host.head('main');
    expect(await host.files(head, [''])).toMatchObject([{ text: 'a: 1\n' }]);
    await host.commit(commitRequest(head, { edits: [{ path: 'a.yml', text: 'a: 2\n' }] }));
    expect(bare.read('a.yml').toString()).toBe('a: 2\n');
  });

  test('of many files looks at each once', async () => {
    const many = Array.from({ length: 9 }, (_, number) => ({ path: `a${number}.yml`, content: `n: ${number}\n` }));
    const { host, bare } = stage.repository(many);
    const head = await host.head('main');
    await host.files(head, ['']);
    const edits = many.map(({ path }) => ({ path, text: 'n: x\n' }));
    const asked = await stage.asked(async () => host.commit(commitRequest(head, { edits })));
    expect(asked.filter((one) => one.startsWith('HEAD'))).toHaveLength(9);
    expect(asked).toHaveLength(11);
    expect(bare.git('diff', '--name-only', head, 'main').trim().split('\n')).toHaveLength(9);
  });
});
