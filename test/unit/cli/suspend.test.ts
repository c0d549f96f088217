import { expect, test } from 'vitest';
import { sluice } from '../../command-line.ts';
import { openDouble } from '../agent/double.ts';

/** A cluster in which an agent follows these sources. */
async function open(...sources: readonly string[]) {
  const { kubeconfig, cluster } = await openDouble();
  for (const source of sources) {
    const metadata = { name: `sluice-status-${source}`, namespace: 'default', labels: { 'sluice.dev/status': source } };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { state: 'healthy' } });
  }
  const annotationsOf = async (source: string) => {
    const id = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: `sluice-status-${source}` };
    return (await cluster.read(id))?.metadata.annotations ?? {};
  };
  const run = async (...words: readonly string[]) =>
    sluice([...words.slice(0, 1), '--namespace', 'default', '--kubeconfig', kubeconfig, ...words.slice(1)]);
  return { run, annotationsOf };
}

test('suspend says why, and resume ends it', async () => {
  const { run, annotationsOf } = await open('shop', 'tools');
  expect(await run('suspend', '--reason', 'release freeze', '--source', 'shop')).toEqual({
    code: 0,
    stdout: 'shop: suspended (release freeze)\n',
    stderr: '',
  });
  expect(await annotationsOf('shop')).toEqual({ 'sluice.dev/suspended': 'release freeze' });
  expect(await annotationsOf('tools')).toEqual({});
  expect((await run('resume')).stdout).toBe(
    'shop: resumed (it was suspended: release freeze)\ntools: was not suspended\n',
  );
  expect(await annotationsOf('shop')).toEqual({});
});

test('a reason that somebody wrote does nothing to a terminal, and begins no line of its own', async () => {
  const { run } = await open('shop');
  await run('suspend', '--reason', 'a\u001b[2J\u202eb\ntools: resumed');
  expect((await run('resume')).stdout).toBe('shop: resumed (it was suspended: a\\x1b[2J\\u202eb\\ntools: resumed)\n');
});

test('it tells the same as JSON', async () => {
  const { run } = await open('shop');
  const { stdout } = await run('suspend', '--json');
  expect(JSON.parse(stdout)).toEqual({ sources: [{ source: 'shop', was: null, suspended: 'by hand' }] });
  expect(JSON.parse((await run('resume', '--json')).stdout)).toEqual({
    sources: [{ source: 'shop', was: 'by hand', suspended: null }],
  });
});

test.each([
  {
    what: 'a source that nobody follows',
    words: ['suspend', '--source', 'shop'],
    code: 1,
    stderr:
      'configmap/default/sluice-status-shop: expected the status of a source that an agent follows, found only tools. ' +
      'Check --source and --namespace; an agent writes its status when it first starts.\n',
  },
  {
    what: 'a namespace without an agent',
    words: ['resume', '--namespace', 'elsewhere'],
    code: 1,
    stderr:
      'namespace elsewhere: expected the status of a source that an agent follows, found none. ' +
      'Check --source and --namespace; an agent writes its status when it first starts.\n',
  },
  {
    what: 'a context that is not there',
    words: ['suspend', '--context', 'none'],
    code: 2,
    stderr:
      'context none: expected a cluster to talk to, found only sluice-demo. Choose one of these with --context.\n',
  },
  {
    what: 'an option that is not there',
    words: ['suspend', '--why', 'x'],
    code: 2,
    stderr: "error: unknown option '--why'\n",
  },
])('of $what it says so, and ends with $code', async ({ words, code, stderr }) => {
  const { run } = await open('tools');
  expect(await run(...words)).toEqual({ code, stdout: '', stderr });
});

test('a cluster that cannot be asked ends it with 2', async () => {
  expect(await sluice(['suspend', '--kubeconfig', '/nowhere'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^\/nowhere: expected a cluster to talk to, found .*ENOENT/),
  });
});
