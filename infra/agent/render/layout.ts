import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { RenderFailure } from './rendered.ts';

/** What lies below the paths of a source. Paths are from its root, with `/`; the root is `.`. */
export interface Layout {
  /** Plain files with manifests. */
  readonly files: readonly string[];
  /** Folders with a kustomization. */
  readonly kustomizations: readonly string[];
  /** Folders with a chart. */
  readonly charts: readonly string[];
  readonly failures: readonly RenderFailure[];
}

/** https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization */
export const KUSTOMIZATION_FILES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** https://helm.sh/docs/topics/charts/#the-chart-file-structure */
export const CHART_FILE = 'Chart.yaml';
const MANIFEST = /\.(ya?ml|json)$/i;

/**
 * Finds what is to be rendered, in the order of names.
 *
 * A folder with a kustomization or a chart is one thing with all that lies below it, as it is for Flux v2: what its
 * kustomization does not name is not applied. Names that begin with a dot are passed over. Symbolic links are
 * followed within the repository, and a file that is reached twice counts once.
 *
 * @param root the repository's folder, itself no symbolic link
 * @param paths folders and files; `''` is the root
 */
export async function layOut(root: string, paths: readonly string[]): Promise<Layout> {
  const files: string[] = [];
  const kustomizations: string[] = [];
  const charts: string[] = [];
  const failures: RenderFailure[] = [];
  const seen = new Set<string>();

  const visit = async (path: string, isAsked: boolean): Promise<void> => {
    const target = await locate(root, path);
    if (target.kind === 'outside') {
      failures.push({ subject: path, reason: 'it leads out of the repository' });
      return;
    }
    if (target.kind === 'nowhere') {
      if (isAsked || MANIFEST.test(path)) {
        failures.push({ subject: path, reason: 'expected a file or folder of the repository, found none' });
      }
      return;
    }
    if (seen.has(target.path)) {
      return;
    }
    seen.add(target.path);
    const place = relative(root, target.path) || '.';
    if (!target.isFolder) {
      if (MANIFEST.test(path)) {
        files.push(place);
      }
      return;
    }
    const names = (await readdir(target.path)).toSorted();
    if (KUSTOMIZATION_FILES.some((name) => names.includes(name))) {
      kustomizations.push(place);
    } else if (names.includes(CHART_FILE)) {
      charts.push(place);
    } else {
      for (const name of names.filter((one) => !one.startsWith('.'))) {
        await visit(join(place, name), false);
      }
    }
  };

  for (const path of paths) {
    await visit(cleaned(path), true);
  }
  return { files, kustomizations, charts, failures };
}

/** Where a path of the repository ends, all symbolic links followed. */
export type Target =
  | { readonly kind: 'inside'; readonly path: string; readonly isFolder: boolean }
  | { readonly kind: 'outside' }
  | { readonly kind: 'nowhere' };

/** Follows a path, which is from the root of the repository. */
export async function locate(root: string, path: string): Promise<Target> {
  const asked = join(root, path);
  if (!isWithin(root, asked)) {
    return { kind: 'outside' };
  }
  const target = await realpath(asked).catch(() => undefined);
  if (target === undefined) {
    return { kind: 'nowhere' };
  }
  return isWithin(root, target)
    ? { kind: 'inside', path: target, isFolder: (await stat(target)).isDirectory() }
    : { kind: 'outside' };
}

/** The first symbolic link below a folder that leads out of the repository or nowhere. */
export async function findStrayLink(root: string, folder: string): Promise<string | undefined> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isSymbolicLink())) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if ((await locate(root, path)).kind !== 'inside') {
      return path;
    }
  }
  return undefined;
}

/** `./k8s/`, `/k8s` and `k8s` are the same folder; the root is `.`. */
function cleaned(path: string): string {
  return join('.', path).replace(/\/$/, '') || '.';
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root === sep ? root : root + sep);
}
