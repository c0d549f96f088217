import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { debianPath } from '../parts.ts';
import { cgroupRoots } from './cgroups.ts';

/** Why no real node can run here, in one sentence that names what is missing; undefined where it can. */
export function missingForNode(): string | undefined {
  const user = process.getuid?.();
  if (user !== 0) return `a real node: expected to run as root, found user ${user}`;
  return missingNamespaces() ?? missingCgroups();
}

function missingNamespaces(): string | undefined {
  const namespaces = ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork'];
  try {
    execFileSync(debianPath('unshare'), [...namespaces, 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    const reason = stderr?.toString().trim() || String(error);
    return `a real node: expected to be allowed namespaces of its own, found ${JSON.stringify(reason)}`;
  }
}

function missingCgroups(): string | undefined {
  const roots = cgroupRoots();
  if (roots.length === 0) return 'a real node: expected cgroups below /sys/fs/cgroup, found none';
  try {
    for (const root of roots) accessSync(root, constants.W_OK);
    return undefined;
  } catch (error) {
    return `a real node: expected cgroups that can be written, found ${(error as Error).message}`;
  }
}
