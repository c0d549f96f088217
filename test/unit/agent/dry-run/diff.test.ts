import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { diffOf } from '../../../../infra/agent/dry-run/diff.ts';

/** Where temporary files go, and above it what nobody may write to. */
let outside: string;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'sluice-outside-'));
  vi.stubEnv('TMPDIR', mkdtempSync(join(outside, 'tmp-')));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(outside, { recursive: true });
  });
});

const filesBelow = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ name }) => name);

test.each([
  { what: 'leads out of the directory', object: 'configmap/../../../../canary' },
  { what: 'is a path from the root', object: '/canary' },
  { what: 'leads into the other side', object: '../after/00000000' },
  { what: 'holds a NUL', object: 'configmap/a\0b' },
  { what: 'is longer than any name of a file', object: `configmap/default/${'x'.repeat(5000)}` },
  { what: 'begins a heading of its own', object: 'a\ndiff --git before/b after/b' },
])('an object whose name $what is diffed, and no file is left anywhere', async ({ object }) => {
  const diff = await diffOf(new Map([[object, { before: 'a: 1\n', after: 'a: 2\n' }]]));
  expect(diff).toContain('@@ -1 +1 @@\n-a: 1\n+a: 2\n');
  expect(diff.split('\n').filter((line) => line.startsWith('diff --git'))).toHaveLength(1);
  expect(filesBelow(outside)).toEqual([]);
});

test('headings name the objects, in the order of their names, and bodies are left as they are', async () => {
  const diff = await diffOf(
    new Map([
      ['deployment/shop/web', { before: '', after: 'a: 1\n' }],
      ['configmap/shop/gone', { before: '-- before/00000000.yaml\n', after: '' }],
      ['configmap/shop/same', { before: 'a: 1\n', after: 'a: 1\n' }],
      ['configmap/shop/has-$&-in-it', { before: 'b: "x\u2028diff --git before/00000001.yaml"\n', after: 'b: 2\n' }],
    ]),
  );
  expect(diff.split('\n').filter((line) => !line.startsWith('index '))).toEqual([
    'diff --git before/configmap/shop/gone.yaml before/configmap/shop/gone.yaml',
    'deleted file mode 100644',
    '--- before/configmap/shop/gone.yaml',
    '+++ /dev/null',
    '@@ -1 +0,0 @@',
    '--- before/00000000.yaml',
    'diff --git before/configmap/shop/has-$&-in-it.yaml after/configmap/shop/has-$&-in-it.yaml',
    '--- before/configmap/shop/has-$&-in-it.yaml',
    '+++ after/configmap/shop/has-$&-in-it.yaml',
    '@@ -1 +1 @@',
    '-b: "x\u2028diff --git before/00000001.yaml"',
    '+b: 2',
    'diff --git after/deployment/shop/web.yaml after/deployment/shop/web.yaml',
    'new file mode 100644',
    '--- /dev/null',
    '+++ after/deployment/shop/web.yaml',
    '@@ -0,0 +1 @@',
    '+a: 1',
    '',
  ]);
});

test("the machine's and the user's settings of git have no say in it", async () => {
  const home = mkdtempSync(join(outside, 'home-'));
  const canary = join(outside, 'canary');
  writeFileSync(
    join(home, '.gitconfig'),
    `[core]\n\tattributesFile = ${home}/attributes\n[diff "evil"]\n\ttextconv = "touch ${canary}; cat"\n\tcommand = touch ${canary}\n`,
  );
  writeFileSync(join(home, 'attributes'), '* diff=evil\n');
  vi.stubEnv('HOME', home);
  vi.stubEnv('GIT_EXTERNAL_DIFF', `touch ${canary}`);
  await diffOf(new Map([['a', { before: 'a\n', after: 'b\n' }]]));
  expect(() => readFileSync(canary)).toThrow('ENOENT');
});
