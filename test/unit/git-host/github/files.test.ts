import { describe, expect, test } from 'vitest';
import { gitHub, thrownBy } from './stage.ts';

const github = gitHub();
const MANY = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ path: `k8s/${name}.yml`, content: `name: ${name}\n` }));
const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 12345\n`;

const textsIn = (files: readonly { path: string; text: string }[]) =>
  Object.fromEntries(files.map(({ path, text }) => [path, text]));

describe('an archive', () => {
  test.each([
    { name: 'leaves out (export-ignore)', attributes: 'k8s/b.yml export-ignore\n' },
    { name: 'writes anew (export-subst)', attributes: 'k8s/b.yml export-subst\n' },
  ])('what it $name is read as it is in Git', async ({ attributes }) => {
    const content = 'name: $Format:%H$\n';
    const { host, asked } = github.stage([
      ...MANY,
      { path: 'k8s/b.yml', content },
      { path: '.gitattributes', content: attributes },
    ]);
    const head = await host.head('main');
    asked();
    const texts = textsIn(await host.files(head, ['k8s']));
    expect(texts['k8s/b.yml']).toBe(content);
    expect(Object.keys(texts)).toHaveLength(MANY.length);
    expect(asked().at(-1)).toBe('GET git/blobs/:sha 200');
  });

  test('is asked for again where it breaks off', async () => {
    const { host, asked } = github.stage(MANY);
    const head = await host.head('main');
    asked();
    const faults = [{ kind: 'cut' } as const];
    github.double().plan = ({ path }) => (path.includes('legacy.tar.gz') ? faults.pop() : undefined);
    expect(await host.files(head, ['k8s'])).toHaveLength(MANY.length);
    expect(asked().filter((one) => one.startsWith('GET codeload'))).toHaveLength(2);
  });

  test.each([
    { fault: { kind: 'cut' }, code: 'git-unavailable', says: /expected an answer of GitHub, found / },
    { fault: { kind: 'status', status: 503 }, code: 'git-unavailable', says: /found status 503/ },
    {
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '5' } },
      code: 'git-rate-limited',
      says: /asks to wait 5 s/,
    },
    { fault: { kind: 'hang' }, code: 'git-unavailable', says: /found no answer within 0.5 s/ },
  ] as const)('that does not come ($fault.kind): $code', async ({ fault, code, says }) => {
    const { again } = github.stage(MANY);
    const host = again({ timeoutMillis: 500 });
    const head = await host.head('main');
    github.double().plan = ({ path }) => (path.includes('legacy.tar.gz') ? fault : undefined);
    expect(await thrownBy(host.files(head, ['k8s']))).toMatchObject({
      code,
      retryable: true,
      message: expect.stringMatching(says),
    });
  });
});

test('a pointer of Git LFS is the text of its file', async () => {
  const { host } = github.stage([
    { path: '.gitattributes', content: '*.yml filter=lfs\n' },
    { path: 'k8s/large.yml', content: LFS_POINTER },
  ]);
  expect(textsIn(await host.files(await host.head('main'), ['k8s']))).toEqual({ 'k8s/large.yml': LFS_POINTER });
});

describe('a tree that is too large for one reply', () => {
  test.each([
    { paths: ['k8s/deep'], found: ['k8s/deep/er/y.yml', 'k8s/deep/x.yml'] },
    { paths: ['k8s/deep/x.yml', 'other/o.yml'], found: ['k8s/deep/x.yml', 'other/o.yml'] },
    { paths: ['nowhere'], found: [] },
    { paths: [''], found: ['k8s/deep/er/y.yml', 'k8s/deep/x.yml', 'other/o.yml', 'root.yml'] },
  ])('is looked through for $paths', async ({ paths, found }) => {
    const { host, name, asked } = github.stage([
      { path: 'k8s/deep/x.yml', content: 'a: 1\n' },
      { path: 'k8s/deep/er/y.yml', content: 'a: 2\n' },
      { path: 'other/o.yml', content: 'a: 3\n' },
      { path: 'other/link.yml', content: 'o.yml', mode: '120000' },
      { path: 'root.yml', content: 'a: 4\n' },
    ]);
    const head = await host.head('main');
    github.double().repository(name).settings.treeLimit = 4;
    expect((await host.files(head, paths)).map(({ path }) => path).toSorted()).toEqual(found);
    asked();
    await host.files(head, paths);
    expect(asked()).toEqual([]);
  });
});

describe('a comparison', () => {
  const stage = async () => {
    const made = github.stage([
      { path: 'k8s/a.yml', content: 'line\n'.repeat(20) },
      { path: 'k8s/b.yml', content: 'b: 1\n' },
    ]);
    const head = await made.host.head('main');
    await made.host.files(head, ['']);
    return { ...made, head };
  };

  test('names both paths of what was renamed, and what is gone', async () => {
    const { host, bare, head } = await stage();
    const tree = bare.git('ls-tree', '-r', head);
    const blob = /([0-9a-f]{40})\tk8s\/a\.yml/.exec(tree)?.[1] ?? '';
    bare.git('read-tree', head);
    bare.git('--work-tree=.', 'update-index', '--force-remove', 'k8s/a.yml', 'k8s/b.yml');
    bare.git('update-index', '--add', '--cacheinfo', `100644,${blob},k8s/c.yml`);
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const commit = bare.git(...identity, 'commit-tree', '-p', head, '-m', 'x', bare.git('write-tree').trim()).trim();
    bare.git('update-ref', 'refs/heads/main', commit);
    const { changed } = await host.compare(head, 'main');
    expect(changed?.toSorted()).toEqual(['k8s/a.yml', 'k8s/b.yml', 'k8s/c.yml']);
    expect((await host.files(commit, [...(changed ?? [])])).map(({ path }) => path)).toEqual(['k8s/c.yml']);
    expect((await host.files(commit, [''])).map(({ path }) => path)).toEqual(['k8s/c.yml']);
  });

  test.each([
    { name: 'that was set back', set: (first: string) => first },
    { name: 'without common history', set: undefined },
  ])('with a branch $name tells its head, and no changes', async ({ set }) => {
    const { host, bare, head: first } = await stage();
    const second = bare.commit([{ path: 'k8s/b.yml', content: 'b: 2\n' }]);
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const orphan = bare.git(...identity, 'commit-tree', '-m', 'anew', `${first}^{tree}`).trim();
    const target = set === undefined ? orphan : set(first);
    bare.git('update-ref', 'refs/heads/main', target);
    expect(await host.compare(second, 'main')).toEqual({ head: target, changed: undefined });
    expect(await host.files(target, [''])).toHaveLength(2);
  });

  test.each([{ revision: '1'.repeat(40) }, { revision: 'main' }, { revision: 'no...such' }])(
    'with $revision, which no head gave, tells the head, and no changes',
    async ({ revision }) => {
      const { host, head } = await stage();
      expect(await host.compare(revision, 'main')).toEqual({ head, changed: undefined });
    },
  );

  test.each([
    { files: 299, told: 299 },
    { files: 300, told: undefined },
  ])('of $files files tells $told', async ({ files, told }) => {
    const { host, bare, head } = await stage();
    const later = bare.commit(Array.from({ length: files }, (_, index) => ({ path: `n${index}.yml`, content: 'a' })));
    const comparison = await host.compare(head, 'main');
    expect({ ...comparison, changed: comparison.changed?.length }).toEqual({ head: later, changed: told });
  });

  test('over more commits than one reply shows tells the head, and no changes', { timeout: 60_000 }, async () => {
    const { host, bare, head } = await stage();
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    let last = head;
    for (let index = 0; index < 251; index += 1) {
      last = bare.git(...identity, 'commit-tree', '-p', last, '-m', `${index}`, `${head}^{tree}`).trim();
    }
    bare.git('update-ref', 'refs/heads/main', last);
    expect(await host.compare(head, 'main')).toEqual({ head: last, changed: undefined });
  });

  test.each([{ branch: 'release/1.0' }, { branch: 'größe#1%20&x=1' }])(
    'with $branch tells what changed there, and a commit gets there',
    async ({ branch }) => {
      const { host, bare, head } = await stage();
      bare.git('branch', branch, 'main');
      const later = bare.commit([{ path: 'k8s/b.yml', content: 'b: 2\n' }], branch);
      expect(await host.compare(head, branch)).toEqual({ head: later, changed: ['k8s/b.yml'] });
      expect(await host.history(branch)).toMatchObject([{ revision: later }, { revision: head }]);
      const edits = [{ path: 'k8s/b.yml', text: 'b: 3\n' }];
      const commit = await host.commit({ branch, expectedHead: later, edits, message: 'x', author: undefined });
      expect(bare.git('rev-parse', `refs/heads/${branch}`).trim()).toBe(commit);
      expect(await host.head(branch)).toBe(commit);
    },
  );

  test('of a branch that does not exist: git-not-found', async () => {
    const { host, head } = await stage();
    await expect(host.compare(head, 'gone')).rejects.toMatchObject({
      code: 'git-not-found',
      message: expect.stringMatching(
        /expected the branch gone, found none of this name\. Check the url and the branch/,
      ),
    });
  });
});

test('the content of more than eight megabytes is not kept, and is read again', async () => {
  const large = Array.from({ length: 10 }, (_, index) => ({
    path: `k8s/${index}.yml`,
    content: `a: "${String(index).repeat(1_000_000)}"\n`,
  }));
  const { host, asked } = github.stage(large);
  const head = await host.head('main');
  expect(await host.files(head, ['k8s'])).toHaveLength(10);
  asked();
  expect(await host.files(head, ['k8s/9.yml'])).toHaveLength(1);
  expect(asked()).toEqual([]);
  expect(await host.files(head, ['k8s/0.yml'])).toHaveLength(1);
  expect(asked()).toEqual(['GET git/blobs/:sha 200']);
});
