import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkOut } from '../../../../infra/agent/git/checkout.ts';
import { openMirror } from '../../../../infra/agent/git/mirror.ts';
import { idOf, printId } from '../../../../infra/agent/manifest.ts';
import { renderTree } from '../../../../infra/agent/render/render-tree.ts';
import { type BareRepository, bareRepository } from '../../../contract/bare-repository.ts';
import { FOR_CHARTS, toolsOf } from '../render/tree.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-unreadable-'));
afterAll(() => rmSync(directory, { recursive: true }));

const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
const NOT_UTF8 = Buffer.from([0x63, 0x61, 0x66, 0xe9]);
const NOWHERE = 'it is a symbolic link to nothing in the repository';
const OUT = 'it is a symbolic link that leads out of the repository';
const SUBMODULE = 'it is a submodule, and those are not fetched';
const BYTES = 'its name is not UTF-8';
const TWICE = 'its name stands twice, or differs from another in case only';

/** An entry of a tree: what a file holds, where a link leads, a commit, or a folder's entries. */
interface Entry {
  readonly name: string | Buffer;
  readonly file?: string;
  readonly link?: string;
  readonly submodule?: true;
  readonly folder?: readonly Entry[];
}

/** Writes a tree as no working tree could hold it. */
function writeGitTree(bare: BareRepository, entries: readonly Entry[]): string {
  const hash = (kind: string, input: Buffer) =>
    execFileSync('git', ['-C', bare.path, 'hash-object', '-t', kind, '-w', '--literally', '--stdin'], { input })
      .toString('utf8')
      .trim();
  const lines = entries.map(({ name, file, link, submodule, folder }) => {
    const [mode, object] =
      folder === undefined
        ? [
            submodule ? '160000' : link === undefined ? '100644' : '120000',
            hash('blob', Buffer.from(link ?? file ?? '')),
          ]
        : ['40000', writeGitTree(bare, folder)];
    return Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from('\0'), Buffer.from(object, 'hex')]);
  });
  return hash('tree', Buffer.concat(lines));
}

let count = 0;
/** What an agent renders of the paths of a revision. */
async function renderRevision(entries: readonly Entry[], paths: readonly string[]) {
  count += 1;
  const place = join(directory, `${count}`);
  mkdirSync(place);
  const bare = bareRepository(join(place, 'a.git'), [{ path: 'other', content: 'other\n' }]);
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  bare.git(
    'update-ref',
    'refs/heads/main',
    bare.git(...identity, 'commit-tree', '-m', 'x', writeGitTree(bare, entries)).trim(),
  );
  const mirror = openMirror({
    url: bare.path,
    credentials: { kind: 'none' },
    directory: join(place, 'mirrors'),
    timeoutMillis: 10_000,
  });
  const head = await mirror.fetchHead('main');
  const how = { home: join(place, 'checkouts'), subject: 'repository a', maxBytes: 1024 * 1024, maxFiles: 100 };
  const checkout = await checkOut(mirror, head, how);
  const { left } = checkout;
  const { objects, failures } = await renderTree(checkout.directory, paths, {
    ...FOR_CHARTS,
    tools: toolsOf({}),
    left,
  });
  return { objects: objects.map(({ manifest }) => printId(idOf(manifest))), failures };
}

const file = (name: string | Buffer, text = OBJECT): Entry => ({ name, file: text });
const link = (name: string, to: string): Entry => ({ name, link: to });
const folder = (name: string | Buffer, ...entries: readonly Entry[]): Entry => ({ name, folder: entries });
const submodule = (name: string): Entry => ({ name, submodule: true });
const b = file('b.yml');

describe('what cannot be read is a failure with its place, and does not count as gone', () => {
  test.each<{ what: string; k8s: readonly Entry[]; failures: Readonly<Record<string, string>> }>([
    { what: 'a link to a file that moved', k8s: [link('a.yml', '../gone.yml'), b], failures: { 'k8s/a.yml': NOWHERE } },
    { what: 'a link to a folder that moved', k8s: [b, link('base', '../base')], failures: { 'k8s/base': NOWHERE } },
    {
      what: 'a link to a folder with a dot in its name',
      k8s: [b, link('example.com', '../sites')],
      failures: { 'k8s/example.com': NOWHERE },
    },
    { what: 'a link out of the repository', k8s: [b, link('up', '../../../k8s')], failures: { 'k8s/up': OUT } },
    { what: 'a link to an absolute path', k8s: [link('a.yml', '/srv/a.yml'), b], failures: { 'k8s/a.yml': OUT } },
    {
      what: 'a link by way of one that leads nowhere',
      k8s: [link('a.yml', 'base/a.yml'), b, link('base', 'gone')],
      failures: { 'k8s/a.yml': NOWHERE, 'k8s/base': NOWHERE },
    },
    {
      what: 'a link whose text is no path',
      k8s: [b, link('long', 'x/'.repeat(3000))],
      failures: { 'k8s/long': NOWHERE },
    },
    { what: 'a folder that became a submodule', k8s: [b, submodule('vendor')], failures: { 'k8s/vendor': SUBMODULE } },
    {
      what: 'a manifest whose name is not UTF-8',
      k8s: [b, file(Buffer.concat([NOT_UTF8, Buffer.from('.yml')]))],
      failures: { 'k8s/caf\\351.yml': BYTES },
    },
    {
      what: 'a folder whose name is not UTF-8',
      k8s: [b, folder(NOT_UTF8, file('a.yml'), file('README.md'))],
      failures: { 'k8s/caf\\351/a.yml': BYTES },
    },
    { what: 'a name that stands twice', k8s: [b, file('b.yml', 'kind: Other\n')], failures: { 'k8s/b.yml': TWICE } },
    {
      what: 'a name of a file and a folder',
      k8s: [b, file('c.yml'), folder('c.yml', file('README.md'))],
      failures: { 'k8s/c.yml': TWICE },
    },
    {
      what: 'a name that is longer than a file may have',
      k8s: [b, file(`${'x'.repeat(300)}.yml`)],
      failures: { [`k8s/${'x'.repeat(300)}.yml`]: 'its name is too long' },
    },
    {
      what: 'a kustomization that is a link to nothing: the files beside it are not taken for manifests',
      k8s: [folder('app', b, link('kustomization.yaml', 'gone.yaml')), b],
      failures: { 'k8s/app/kustomization.yaml': NOWHERE },
    },
    {
      what: 'a template of a chart',
      k8s: [b, folder('chart', file('Chart.yaml', 'name: a\n'), folder('templates', link('a.yml', '../../gone.yml')))],
      failures: { 'k8s/chart/templates/a.yml': NOWHERE },
    },
    {
      what: 'a pointer of Git LFS',
      k8s: [file('a.yml', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'), b],
      failures: {
        'k8s/a.yml': 'it is a pointer of Git LFS, and what it points to is not fetched: keep it in Git itself',
      },
    },
  ])('$what', async ({ k8s, failures }) => {
    const rendered = await renderRevision([folder('k8s', ...k8s)], ['k8s']);
    expect(rendered.objects).toEqual(['configmap/a']);
    expect(Object.fromEntries(rendered.failures.map(({ subject, reason }) => [subject, reason]))).toEqual(failures);
  });

  test.each([
    { what: 'became a submodule', entries: [submodule('k8s')], reason: SUBMODULE },
    { what: 'lies in what became a submodule', entries: [submodule('k8s')], path: 'k8s/app', reason: SUBMODULE },
    { what: 'became a link to nothing', entries: [link('k8s', 'gone')], reason: NOWHERE },
    {
      what: 'stopped existing',
      entries: [folder('apps', b)],
      reason: 'expected a file or folder of the repository, found none',
    },
  ])('a --git-path that $what', async ({ entries, path = 'k8s', reason }) => {
    expect(await renderRevision(entries, [path])).toEqual({ objects: [], failures: [{ subject: path, reason }] });
  });
});

test('of names that stand twice the first in Git is what is read, each time', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `${index + 10}`);
  const object = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c-${name} }\n`;
  const pairs = names.flatMap((name) => [file(`${name}.yml`, object(name)), file(`${name}.yml`, object('other'))]);
  const { objects, failures } = await renderRevision([folder('k8s', ...pairs)], ['k8s']);
  expect(objects).toEqual(names.map((name) => `configmap/c-${name}`));
  expect(failures).toEqual(names.map((name) => ({ subject: `k8s/${name}.yml`, reason: TWICE })));
});

test('what nobody reads stops nothing', async () => {
  const k8s = folder(
    'k8s',
    link('.cache', 'gone'),
    link('README.md', '../docs/gone.md'),
    b,
    folder('c\ud7ff\ufffd', file('notes.txt', 'hi')),
    file(Buffer.concat([NOT_UTF8, Buffer.from('.txt')])),
  );
  const elsewhere = folder('docs', link('a.yml', 'gone.yml'), submodule('theme'), folder(NOT_UTF8, b), b, b);
  expect(await renderRevision([elsewhere, k8s], ['k8s'])).toEqual({ objects: ['configmap/a'], failures: [] });
});

test('a name with the sign for what is not UTF-8 in it is a name like others', async () => {
  const rendered = await renderRevision(
    [folder('k8s', file('\ufffd.yml'), file('two\nlines.json', '{"kind":1}'))],
    ['k8s'],
  );
  expect(rendered.objects).toEqual(['configmap/a']);
  expect(rendered.failures.map(({ subject }) => subject)).toEqual(['k8s/two\nlines.json:1']);
});
