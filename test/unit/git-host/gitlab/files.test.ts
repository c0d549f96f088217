import { describe, expect, test } from 'vitest';
import { gitLabStage, headOf } from './stage.ts';

const stage = gitLabStage();

function tree(path: string, recursive: boolean): string {
  const folder = path === '' ? '' : `&path=${path}`;
  return `GET repository/tree?ref=HEAD&per_page=100&pagination=keyset${folder}${recursive ? '&recursive=true' : ''}`;
}

describe('files', () => {
  test.each([
    { name: 'one file', paths: ['k8s/deploy.yml'], requests: ['GET repository/files/k8s/deploy.yml?ref=HEAD'] },
    {
      name: 'one JSON file of a line',
      paths: ['k8s/pod.json'],
      requests: ['GET repository/files/k8s/pod.json?ref=HEAD'],
    },
    {
      name: 'four files, one missing',
      paths: ['k8s/deploy.yml', 'k8s/run.yml', '.sluice/blocked.yml', 'root.yml'],
      requests: ['k8s/deploy.yml', 'k8s/run.yml', '.sluice/blocked.yml', 'root.yml'].map(
        (path) => `GET repository/files/${path}?ref=HEAD`,
      ),
    },
    {
      name: 'a file that is not there',
      paths: ['.sluice/blocked.yml'],
      requests: ['GET repository/files/.sluice/blocked.yml?ref=HEAD'],
    },
    {
      name: 'a folder',
      paths: ['k8s'],
      requests: [tree('k8s', true), 'GET repository/archive.tar.gz?sha=HEAD&include_lfs_blobs=false&path=k8s'],
    },
    {
      name: 'everything',
      paths: [''],
      requests: [tree('', true), 'GET repository/archive.tar.gz?sha=HEAD&include_lfs_blobs=false'],
    },
    {
      name: 'five files of one folder',
      paths: ['bom', 'crlf', 'deploy', 'run', 'with space/a'].map((name) => `k8s/${name}.yml`),
      requests: ['bom', 'crlf', 'deploy', 'run', 'with space/a'].map(
        (name) => `GET repository/files/k8s/${name}.yml?ref=HEAD`,
      ),
    },
    {
      name: 'eleven files of one folder, one of which is there',
      paths: Array.from({ length: 10 }, (_, index) => `k8s/${index}.yml`).concat('k8s/deploy.yml'),
      requests: [tree('k8s', false), expect.stringMatching(/^GET repository\/blobs\/[0-9a-f]{40}\/raw$/)],
    },
    {
      name: 'folders of the root',
      paths: ['k8s', 'k8s-other'],
      requests: [
        tree('k8s', true),
        tree('k8s-other', true),
        'GET repository/archive.tar.gz?sha=HEAD&include_lfs_blobs=false',
      ],
    },
    {
      name: 'a folder with few files, and a file that is not there',
      paths: ['k8s-other', '.sluice/blocked.yml'],
      requests: [
        tree('k8s-other', true),
        tree('.sluice', false),
        expect.stringMatching(/^GET repository\/blobs\/[0-9a-f]{40}\/raw$/),
      ],
    },
  ])('asks for $name', async ({ paths, requests }) => {
    const { host } = stage.repository();
    const head = await host.head('main');
    const asked = await stage.asked(async () => host.files(head, paths));
    const expected = requests.map((one) => (typeof one === 'string' ? one.replace('HEAD', head) : one));
    expect(asked).toHaveLength(expected.length);
    expect(asked).toEqual(expect.arrayContaining(expected));
  });

  test('for 3,000 files in as many folders: their tree in pages of 100, and one archive', async () => {
    const many = Array.from({ length: 3000 }, (_, number) => ({
      path: `apps/a${number}/k.yml`,
      content: `n: ${number}\n`,
    }));
    const { host, bare } = stage.repository(many);
    const head = await host.head('main');
    let found: readonly unknown[] = [];
    const asked = await stage.asked(async () => {
      found = await host.files(head, ['apps']);
    });
    expect(asked.filter((one) => one.includes('archive'))).toHaveLength(1);
    expect(asked).toHaveLength(62);
    expect(found).toHaveLength(3000);
    expect(found[0]).toMatchObject({ blob: bare.git('rev-parse', 'main:apps/a0/k.yml').trim() });
  });

  test('a folder that is not there holds none', async () => {
    const { host } = stage.repository();
    const head = await host.head('main');
    const asked = await stage.asked(async () => expect(await host.files(head, ['nowhere'])).toEqual([]));
    expect(asked).toHaveLength(1);
  });

  test.each([{ path: 'k8s/link.yml' }, { path: 'k8s' }, { path: 'k8s/latin1.yml' }, { path: 'k8s/large.yml' }])(
    'alone, $path is no manifest or shows more',
    async ({ path }) => {
      const { host } = stage.repository();
      const found = await host.files(await host.head('main'), [path]);
      expect(found.map((file) => file.path)).not.toContain(path);
    },
  );

  test('a file of one line without an end is looked at twice, and is there', async () => {
    const { host } = stage.repository([{ path: 'a.yml', content: 'a: 1' }]);
    const head = await host.head('main');
    const asked = await stage.asked(async () => expect(await host.files(head, ['a.yml'])).toHaveLength(1));
    expect(asked).toEqual([
      `GET repository/files/a.yml?ref=${head}`,
      `GET repository/tree?ref=${head}&per_page=100&pagination=keyset`,
    ]);
  });

  test('of a revision that nobody gave, and without such files: git-not-found', async () => {
    const { host } = stage.repository();
    await expect(host.files('1'.repeat(40), ['nowhere.yml'])).rejects.toMatchObject({ code: 'git-not-found' });
  });

  test('gives what is in LFS as the pointer that it is', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4'.repeat(64)}\nsize 12\n`;
    const { host, bare } = stage.repository([{ path: 'a.yml', content: pointer }]);
    expect(await host.files(headOf(bare), [''])).toMatchObject([{ text: pointer }]);
  });

  test('a folder that is named like a manifest holds files', async () => {
    const { host } = stage.repository([
      { path: 'apps.yml/a.yml', content: 'a: 1\n' },
      { path: 'b/c.yml', content: 'c: 1\n' },
    ]);
    const found = await host.files(await host.head('main'), ['apps.yml', 'b']);
    expect(found.map(({ path }) => path).toSorted()).toEqual(['apps.yml/a.yml', 'b/c.yml']);
  });

  test.each([
    { what: 'the tree', hidden: /repository\/tree/, paths: ['k8s'] },
    { what: 'a blob', hidden: /repository\/blobs/, paths: ['k8s-other'] },
    { what: 'a file', hidden: /repository\/files/, paths: ['k8s/deploy.yml'] },
  ])('$what that GitLab does not show a moment later is a failure, and not gone', async ({ hidden, paths }) => {
    const { host } = stage.repository();
    const head = await host.head('main');
    stage.double().plan = ({ path }) => (hidden.test(path) ? { kind: 'status', status: 404 } : undefined);
    await expect(host.files(head, paths)).rejects.toMatchObject({ code: 'git-unavailable', retryable: true });
  });

  test('files of a project that is hidden meanwhile are a failure, and not gone', async () => {
    const { host, project } = stage.repository();
    const head = await host.head('main');
    project.hidden = true;
    for (const paths of [['k8s/deploy.yml'], ['k8s']]) {
      await expect(host.files(head, paths)).rejects.toMatchObject({
        code: 'git-unavailable',
        retryable: true,
        message: expect.stringContaining('404 Project Not Found'),
      });
    }
  });

  test('hidden, moved: by name', async () => {
    const { host, project, name, again } = stage.repository();
    stage.double().move('acme/old', `acme/team/${name}`);
    const old = again({ url: `${stage.double().url}/acme/old.git` });
    expect(await old.files(await old.head('main'), ['root.yml'])).toHaveLength(1);
    project.hidden = true;
    await expect(host.head('main')).rejects.toMatchObject({
      code: 'git-not-found',
      message: expect.stringContaining('404 Project Not Found (status 404), or nothing that this token may see'),
    });
  });
});
