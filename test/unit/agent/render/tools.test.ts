import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openTools, type ToolCall, type ToolOptions } from '../../../../infra/agent/render/tools.ts';
import { writeTree } from './tree.ts';

/** Runs a script in the place of kustomize. */
async function run(script: string, call: Partial<ToolCall> = {}, limits: Partial<ToolOptions> = {}) {
  const directory = writeTree({ tool: script });
  const tools = openTools({
    commands: { kustomize: join(directory, 'tool'), helm: 'helm', sops: 'sops' },
    searchPath: process.env['PATH'] ?? '',
    timeoutMillis: 60_000,
    memoryBytes: 2 ** 31,
    outputBytes: 1024,
    sandbox: 'best-effort',
    ...limits,
  });
  return tools.run('kustomize', { arguments: [], directory, ...call });
}
const shell = async (script: string, ...more: readonly [call?: Partial<ToolCall>, limits?: Partial<ToolOptions>]) =>
  run(`#!/bin/sh\n${script}\n`, ...more);

describe('a tool', () => {
  test('gets its arguments and its input, and gives what it wrote', async () => {
    const call = { arguments: ['a b', '$HOME'], input: 'in' };
    expect(await shell('/bin/cat; echo " $1 $2"', call)).toBe('in a b $HOME\n');
  });

  test('sees nothing of our environment, and an empty search path', async () => {
    process.env['SLUICE_TEST_SECRET'] = 'secret';
    onTestFinished(() => {
      delete process.env['SLUICE_TEST_SECRET'];
    });
    const script = `#!${process.execPath}\nconsole.log(Object.keys(process.env).sort().join(' '))`;
    const told = await run(script, { environment: { SOPS_AGE_KEY_FILE: '/keys' } });
    // These the shell sets by itself.
    const names = told
      .trim()
      .split(' ')
      .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name));
    expect(names).toEqual([
      'GOMEMLIMIT',
      'HOME',
      'HTTPS_PROXY',
      'HTTP_PROXY',
      'LC_ALL',
      'PATH',
      'SOPS_AGE_KEY_FILE',
      'TMPDIR',
    ]);
    await expect(shell('git --version')).rejects.toThrow(/git: not found/);
  });

  test('has a home of its own, which goes with it', async () => {
    const home = (await shell('echo secret > "$HOME/file"; echo "$HOME"')).trim();
    expect(existsSync(home)).toBe(false);
  });

  test('has the limit of memory', async () => {
    expect(await shell('ulimit -d', {}, { memoryBytes: 2 ** 28 })).toBe(`${2 ** 18}\n`);
  });

  test.each([
    { where: 'in a namespace of its own', unshare: 'shift; exec "$@"', words: '--net -- sh' },
    { where: 'by sluice-sandbox where no namespace can be made', unshare: 'exit 1', words: 'filtered -- sh' },
  ])('runs $where', async ({ unshare, words }) => {
    const searchPath = writeTree({
      sh: '-> /bin/sh',
      unshare: `#!/bin/sh\n${unshare.replace('exec', 'AROUND="$1 --"; export AROUND; shift; exec')}\n`,
      'sluice-sandbox': '#!/bin/sh\nAROUND="filtered --"; export AROUND; exec "$@"\n',
    });
    const told = await shell('echo "$AROUND sh"', {}, { searchPath, sandbox: 'required' });
    expect(told).toBe(`${words}\n`);
  });

  test.each([
    { where: 'where there is nothing to make one with', tree: {} },
    {
      where: 'where none of what is there works',
      tree: { unshare: '#!/bin/sh\nexit 1\n', 'sluice-sandbox': '#!/bin/sh\nexit 126\n' },
    },
  ])('without a sandbox is not run $where, unless that was allowed by name', async ({ tree }) => {
    const searchPath = writeTree({ sh: '-> /bin/sh', ...tree });
    await expect(shell('echo ran', {}, { searchPath, sandbox: 'required' })).rejects.toMatchObject({
      code: 'render-failed',
      message:
        'kustomize: expected a way to run it without a network: unshare that may make namespaces, or sluice-sandbox on the PATH, found neither works here. Give --render-sandbox best-effort to run it all the same where you trust who writes to the repository.',
    });
    expect(await shell('echo ran', {}, { searchPath, sandbox: 'best-effort' })).toBe('ran\n');
  });
});

describe('a tool that fails', () => {
  test.each([
    {
      how: 'with words: they are the reason, on one line, without the path of the working tree',
      script: 'echo "Error: in $PWD/k8s/a.yml:" >&2; echo "  not YAML" >&2; exit 1',
      says: 'kustomize: in k8s/a.yml: not YAML',
    },
    { how: 'without words', script: 'exit 3', says: 'kustomize: it ended with 3' },
    { how: 'by a signal', script: 'kill -15 $$', says: 'kustomize: it ended with SIGTERM' },
    {
      how: 'as the kernel ends it for want of memory',
      script: 'kill -9 $$',
      says: 'kustomize: it was killed (SIGKILL), as the kernel does where the pod has no memory left',
    },
    {
      how: 'for want of memory',
      script: 'echo "fatal error: runtime: out of memory" >&2; exit 2',
      says: 'kustomize: it crashed, as it does where 2048 MiB of memory are not enough',
    },
    {
      how: 'by taking too long, with what it started',
      script: '/bin/sleep 300 & wait',
      limits: { timeoutMillis: 300 },
      says: 'kustomize: it took longer than 0.3 s',
    },
    {
      how: 'by writing too much',
      script: 'while :; do echo 0123456789; done',
      says: 'kustomize: it wrote more than 1024 bytes',
    },
  ])('$how', async ({ script, says, limits }) => {
    await expect(shell(script, {}, limits ?? {})).rejects.toMatchObject({ code: 'render-failed', message: says });
  });

  test.each([
    { how: 'because it is no program', script: 'hello', says: /^kustomize: / },
    { how: 'because its interpreter is missing', script: '#!/nowhere/sh\n', says: /^kustomize: / },
  ])('$how', async ({ script, says }) => {
    await expect(run(script)).rejects.toThrow(says);
  });

  test('because it is not there', async () => {
    const tools = openTools({
      commands: { kustomize: 'no-kustomize', helm: '/nowhere/helm', sops: 'sops' },
      searchPath: '/usr/bin:/bin',
      timeoutMillis: 60_000,
      memoryBytes: 2 ** 31,
      outputBytes: 1024,
      sandbox: 'best-effort',
    });
    await expect(tools.run('helm', { arguments: [] })).rejects.toThrow(
      'helm: expected the command /nowhere/helm on the PATH, found none. Install it, or say where it is with --helm.',
    );
  });
});
