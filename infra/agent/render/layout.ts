import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { type LeftOut, LeftOutIndex } from './left-out.ts';
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
/** Names that no folder with manifests has; a folder may be named `example.com`, or `app-1.2`. */
const DOCUMENT =
  /\.(md|markdown|txt|rst|adoc|pdf|svg|png|jpe?g|gif|sh|bash|py|rb|js|mjs|ts|go|rs|java|lock|toml|ini)$/i;
/** What a path is to have in it. */
const SOMETHING = 'manifests (.yaml, .yml or .json), a kustomization or a chart';

/**
 * Finds what is to be rendered, in the order of names.
 *
 * A folder with a kustomization or a chart is one thing with all that lies below it, as it is for Flux v2: what its
 * kustomization does not name is not applied. Names that begin with a dot are passed over. Symbolic links are
 * followed within the repository, and a file that is reached twice counts once. What may hold manifests and is not
 * there is a failure, and so is a path with nothing in it: what it held is not to be taken for gone.
 *
 * @param root the repository's folder, itself no symbolic link
 * @param paths folders and files; `''` is the root
 * @param left what the revision has and the folder has not
 */
export async function layOut(root: string, paths: readonly string[], left: readonly LeftOut[] = []): Promise<Layout> {
  const files: string[] = [];
  const kustomizations: string[] = [];
  const charts: string[] = [];
  const failures: RenderFailure[] = [];
  /** By its place: does it hold anything that is rendered? */
  const seen = new Map<string, boolean>();
  const missing = await LeftOutIndex.of(root, left);

  const visit = async (path: string, isAsked: boolean): Promise<boolean> => {
    const target = await locate(root, path);
    if (target.kind !== 'inside') {
      const reason = target.kind === 'outside' ? 'it leads out of the repository' : missing.at(path)?.reason;
      if (target.kind === 'outside' || isAsked || mayHoldManifests(path, false)) {
        failures.push({ subject: path, reason: reason ?? 'expected a file or folder of the repository, found none' });
      }
      return true;
    }
    const place = relative(root, target.path) || '.';
    // A link of another kind of name must not hide the manifest that it leads to.
    const isAnything = target.isFolder || MANIFEST.test(path);
    if (!isAnything || seen.has(place)) {
      return isAnything && seen.get(place) === true;
    }
    // A circle of links leads back here.
    seen.set(place, true);
    if (target.isFolder) {
      seen.set(place, await visitFolder(place));
    } else {
      files.push(place);
    }
    return seen.get(place) === true;
  };
  const take = (place: string, wholes: string[], lost: LeftOut | undefined) => {
    if (lost === undefined) {
      wholes.push(place);
    } else {
      failures.push({ subject: lost.path, reason: lost.reason });
    }
  };
  const visitFolder = async (place: string): Promise<boolean> => {
    const here = missing
      .in(place)
      .map(({ path, reason, isFile }) => ({ path, reason, isFile, name: relative(place, path) }));
    const names = (await readdir(join(root, place))).toSorted();
    const isHere = (file: string) => names.includes(file) || here.some(({ name }) => name === file);
    if (KUSTOMIZATION_FILES.some(isHere)) {
      take(
        place,
        kustomizations,
        here.find(({ name }) => KUSTOMIZATION_FILES.includes(name)),
      );
      return true;
    }
    if (isHere(CHART_FILE)) {
      // Whatever a chart lacks, helm renders it without a word.
      take(place, charts, missing.below(place));
      return true;
    }
    const lost = here.filter(({ name, isFile }) => !/(^|\/)\./.test(name) && mayHoldManifests(name, isFile));
    failures.push(...lost.map(({ path, reason }) => ({ subject: path, reason })));
    let isAnything = lost.length > 0;
    for (const name of names.filter((one) => !one.startsWith('.'))) {
      isAnything = (await visit(join(place, name), false)) || isAnything;
    }
    return isAnything;
  };

  for (const path of paths.map(cleaned)) {
    if (!(await visit(path, true))) {
      failures.push({ subject: path, reason: `expected ${SOMETHING}, found none` });
    }
  }
  return { files, kustomizations, charts, failures };
}

/** May there be something to render behind a name that cannot be read? */
function mayHoldManifests(path: string, isFile: boolean): boolean {
  const name = basename(path);
  return MANIFEST.test(name) || KUSTOMIZATION_FILES.includes(name) || !(isFile || DOCUMENT.test(name));
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
