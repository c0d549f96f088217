import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { waitFor } from '../daemon.ts';

/** Where cgroups lie: one tree for each controller (version 1), or one for all (version 2). */
const ROOT = '/sys/fs/cgroup';

/**
 * Makes a cgroup in every tree, which a path such as `run/node` names from its root. The trees of version 2 hand on a controller only
 * where the folder above says so (https://docs.kernel.org/admin-guide/cgroup-v2.html, cgroup.subtree_control).
 */
export function makeCgroups(path: string): void {
  for (const root of cgroupRoots()) {
    let folder = root;
    for (const name of path.split('/')) {
      handOnControllers(folder);
      folder = join(folder, name);
      if (!existsSync(folder)) mkdirSync(folder);
    }
  }
}

function handOnControllers(folder: string): void {
  const controllers = join(folder, 'cgroup.controllers');
  if (!existsSync(controllers)) return;
  const names = readFileSync(controllers, 'utf8').split(/\s+/).filter(Boolean);
  if (names.length > 0)
    writeFileSync(join(folder, 'cgroup.subtree_control'), names.map((name) => `+${name}`).join(' '));
}

/** Removes the cgroups of one name from every tree; waits for their processes to be gone, which the kernel reaps a moment after they ended. */
export async function removeCgroups(name: string): Promise<void> {
  const isRemoved = () => {
    for (const tree of cgroupsNamed(name)) removeTree(tree);
    return true;
  };
  await waitFor(`the cgroups ${name} are removed`, isRemoved, { timeoutMillis: 10_000 });
}

/** Paths of the cgroups of one name, one for each tree that has it. */
export function cgroupsNamed(name: string): readonly string[] {
  return cgroupRoots()
    .map((root) => join(root, name))
    .filter((tree) => existsSync(tree));
}

/** Roots of the trees: one for each controller (version 1), besides that of version 2 where both are there; or that of version 2 alone. */
export function cgroupRoots(): readonly string[] {
  if (!existsSync(ROOT)) return [];
  const mounted = readdirSync(ROOT).map((entry) => join(ROOT, entry));
  return [ROOT, ...mounted].filter((folder) => existsSync(join(folder, 'cgroup.procs')) && isRoot(folder));
}

/** Only the root of a tree is a mount. */
function isRoot(folder: string): boolean {
  return statSync(folder).dev !== statSync(dirname(folder)).dev;
}

/** Files of a cgroup cannot be removed, and need not be: rmdir takes a folder with them once it has no folder of its own. */
function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  }
  rmdirSync(directory);
}
