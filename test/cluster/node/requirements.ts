import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { debianPath } from '../parts.ts';

/** Why no real node can run here, in one sentence that names what is missing; undefined where it can. */
export function missingForNode(): string | undefined {
  if (process.getuid?.() !== 0) return `a real node: expected to run as root, found user ${process.getuid?.()}`;
  try {
    execFileSync(debianPath('unshare'), ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork', 'true'], {
      stdio: 'pipe',
    });
  } catch (error) {
    const reason = (error as { stderr?: Buffer }).stderr?.toString().trim() || String(error);
    return `a real node: expected to be allowed namespaces of its own, found ${JSON.stringify(reason)}`;
  }
  try {
    accessSync('/sys/fs/cgroup', constants.W_OK);
  } catch {
    return 'a real node: expected /sys/fs/cgroup to be writable, found that it is not';
  }
  return undefined;
}
