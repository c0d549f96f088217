import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { debianPath } from '../parts.ts';
import { missingForNode } from './requirements.ts';

const requirements = join(import.meta.dirname, 'requirements.ts');
const source = `import { missingForNode } from ${JSON.stringify(requirements)}; console.log(missingForNode());`;
const program = [process.execPath, '--input-type=module', '-e', source];

/** What a process says that is started by a wrapper which takes something from it. */
async function saidUnder(wrapper: readonly string[]): Promise<string> {
  const [command = '', ...commandLine] = [...wrapper, ...program];
  const { stdout } = await promisify(execFile)(command, commandLine);
  return stdout.trim();
}

const inMounts = (script: string) => [debianPath('unshare'), '--mount', 'sh', '-c', `${script} && exec "$@"`, 'sh'];

describe('what a real node needs', () => {
  test('is all there on this machine', () => {
    expect(missingForNode()).toBeUndefined();
  });

  test.each([
    {
      what: 'root',
      wrapper: [debianPath('setpriv'), '--reuid=65534', '--clear-groups'],
      says: 'a real node: expected to run as root, found user 65534',
    },
    {
      what: 'the right to make namespaces',
      wrapper: [debianPath('setpriv'), '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'],
      says: 'a real node: expected to be allowed namespaces of its own, found "unshare: unshare failed: Operation not permitted"',
    },
    {
      what: 'cgroups',
      wrapper: inMounts('mount -t tmpfs tmpfs /sys/fs/cgroup'),
      says: 'a real node: expected cgroups below /sys/fs/cgroup, found none',
    },
    {
      what: 'cgroups that can be written',
      wrapper: inMounts(
        'for tree in $(findmnt --noheadings --list --output TARGET --types cgroup,cgroup2); do mount -o remount,bind,ro "$tree"; done',
      ),
      says: /^a real node: expected cgroups that can be written, found EROFS: read-only file system, access '.*'$/,
    },
  ])('is told in one sentence where there is lacking: $what', async ({ wrapper, says }) => {
    expect(await saidUnder(wrapper)).toMatch(says);
  });
});
