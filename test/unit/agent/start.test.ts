import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAgentSettings } from '../../../infra/agent/settings/settings.ts';
import { createRepository } from '../../../infra/demo/git-server/repository.ts';
import { CHILD_ENVIRONMENT } from '../../child-environment.ts';
import { agentProgram } from './agent-program.ts';

const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';

let program: string;
let directory: string;
beforeAll(async () => {
  program = await agentProgram();
  directory = mkdtempSync(join(tmpdir(), 'sluice-start-'));
  writeFileSync(join(directory, 'file'), '');
  writeFileSync(join(directory, 'broken'), 'clusters: [');
  await createRepository(directory, 'good.git', { branch: 'main', files: { 'k8s/a.yml': CONFIG_MAP } });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs it in the directory, whose home has no kubeconfig. */
function run(...flags: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...flags], {
    cwd: directory,
    env: { ...CHILD_ENVIRONMENT, HOME: directory },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr: stderr.replaceAll(directory, 'DIR') };
}

const FOLLOW = ['--git-url', './good.git', '--git-path', 'k8s', '--state-dir', 'state'];

describe('an agent that cannot begin ends with 1 and one line that says what to do', () => {
  test.each([
    {
      what: 'no kubeconfig',
      flags: FOLLOW,
      says: 'kubeconfig: expected a cluster to talk to, found nothing at DIR/.kube/config, and no pod around it. Name a kubeconfig with --kubeconfig, or by the variable KUBECONFIG.\n',
    },
    {
      what: 'a kubeconfig that is malformed',
      flags: [...FOLLOW, '--kubeconfig', 'broken'],
      says: expect.stringMatching(
        /^DIR\/broken: expected a cluster to talk to, found no YAML in line 1: .*\. Check that --kubeconfig names a kubeconfig\.\n$/,
      ),
    },
    {
      what: 'a state directory that is a file',
      flags: [...FOLLOW, '--state-dir', 'file'],
      says: expect.stringMatching(
        /^state directory DIR\/file: expected a directory that this user may write to, found EEXIST: .*\. Name another with --state-dir\.\n$/,
      ),
    },
    {
      what: 'a state directory where none can be made',
      flags: [...FOLLOW, '--state-dir', 'file/state'],
      says: expect.stringMatching(
        /^state directory DIR\/file\/state: .*found ENOTDIR: .*\. Name another with --state-dir\.\n$/,
      ),
    },
    {
      what: 'a file of settings that is not there',
      flags: ['--config', 'missing.yml'],
      says: expect.stringMatching(/^missing\.yml: cannot be read \(ENOENT: .*\)\n$/),
    },
    {
      what: 'a flag that there is not',
      flags: ['--git-ulr', 'x'],
      says: expect.stringMatching(/^error: unknown option '--git-ulr'/),
    },
  ])('$what', ({ flags, says }) => {
    for (const more of [[], ['--once']]) {
      expect(run(...flags, ...more)).toEqual({ status: 1, stdout: '', stderr: says });
    }
  });
});

test.each([
  '--kubeconfig',
  '--state-dir',
  '--nudge-secret-file',
  '--git-token-file',
  '--ssh-key',
  '--known-hosts',
  '--verify-keys',
  '--sops-age-key-file',
])('%s counts from where the agent was started', (flag) => {
  const beside = flag === '--verify-keys' ? ['--verify', 'head'] : [];
  const settings = readAgentSettings(['node', 'sluice-agent', '--git-url', 'u', flag, 'here/it', ...beside]);
  const { sources, ...agent } = settings;
  const found = JSON.stringify([sources, agent]).match(/"[^"]*here\/it"/g) ?? [];
  expect(found).toEqual([JSON.stringify(resolve('here/it'))]);
  expect(isAbsolute(readAgentSettings(['node', 'sluice-agent', '--git-url', 'u']).stateDir)).toBe(true);
});
