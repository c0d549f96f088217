import { type Dirent, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import { type LeftOutFile, LeftOutIndex } from './left-out.ts';
import { locate, type RenderTarget } from './locate.ts';
import type { RenderFailure } from './rendered-object.ts';
import { IGNORE_FILE, SourceIgnore } from './source-ignore.ts';

/** What lies below the paths of a source. Paths are from its root, with `/`; the root is `.`. */
export interface Discovered {
  /** Plain files with manifests. */
  readonly files: readonly string[];
  /** Folders with a kustomization. */
  readonly kustomizations: readonly string[];
  /** Folders with a chart. */
  readonly charts: readonly string[];
  readonly failures: readonly RenderFailure[];
  /** What is not to be read besides. */
  readonly ignored: SourceIgnore;
}

/** https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization */
export const KUSTOMIZATION_FILES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** https://helm.sh/docs/topics/charts/#the-chart-file-structure */
export const CHART_FILE = 'Chart.yaml';
const RENDERED_BY_HELM = /^(templates|crds|charts)\/|^values\.(yaml|schema\.json)$/;
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
 * kustomization does not name is not applied. Names that begin with a dot, and what `.sourceignore` leaves out, are
 * passed over. Symbolic links are followed within the repository, and a file that is reached twice counts once. What
 * may hold manifests and is not there is a failure, and so is a path with nothing in it: what it held is not to be
 * taken for gone.
 *
 * @param root the repository's folder, itself no symbolic link
 * @param paths folders and files; `''` is the root
 * @param left what the revision has and the folder has not
 */
export async function discover(
  root: string,
  paths: readonly string[],
  left: readonly LeftOutFile[] = [],
): Promise<Discovered> {
  const walk = new Walk(root, await LeftOutIndex.of(root, left));
  for (const path of paths.map(cleaned)) {
    await walk.start(path);
  }
  return walk;
}

class Walk implements Discovered {
  readonly files: string[] = [];
  readonly kustomizations: string[] = [];
  readonly charts: string[] = [];
  readonly failures: RenderFailure[] = [];
  readonly ignored: SourceIgnore;
  readonly #root: string;
  readonly #missing: LeftOutIndex;
  /** By its place: does it hold anything that is rendered? */
  readonly #seen = new Map<string, boolean>();

  constructor(root: string, missing: LeftOutIndex) {
    this.#root = root;
    this.#missing = missing;
    this.ignored = new SourceIgnore(root);
  }

  /** Goes through a path that was asked for. */
  async start(path: string): Promise<void> {
    if (!(await this.#visit(path))) {
      this.#fail(path, `expected ${SOMETHING}, found none`);
    }
  }

  #fail(subject: string, reason: string): void {
    this.failures.push({ subject, reason });
  }

  /**
   * Says whether there is anything to render, or a failure in its place.
   *
   * @param entry as its folder has it; undefined where it was asked for
   */
  async #visit(path: string, entry?: Dirent): Promise<boolean> {
    try {
      return await this.#lookAt(path, entry);
    } catch (error) {
      if (!(error instanceof SluiceError)) {
        throw error;
      }
      // What .sourceignore leaves out is not known.
      this.#fail(error.subject, error.found);
      return true;
    }
  }

  async #lookAt(path: string, entry: Dirent | undefined): Promise<boolean> {
    const target = this.#standing(path, entry) ?? (await locate(this.#root, path));
    if (target.kind !== 'inside') {
      const isAsked = entry === undefined;
      const isOutside = target.kind === 'outside';
      const reason = isOutside ? 'it leads out of the repository' : this.#missing.at(path)?.reason;
      if (!isAsked && (await this.ignored.leavesOut(path))) {
        return false;
      }
      if (isOutside || isAsked || mayHoldManifests(path, false)) {
        this.#fail(path, reason ?? 'expected a file or folder of the repository, found none');
      }
      return true;
    }
    const place = relative(this.#root, target.path) || '.';
    // A link of another kind of name must not hide the manifest that it leads to.
    const isAnything = target.isFolder || MANIFEST.test(path);
    if (!isAnything || this.#seen.has(place)) {
      return isAnything && this.#seen.get(place) === true;
    }
    // A circle of links leads back here.
    this.#seen.set(place, true);
    const holds = target.isFolder ? await this.#lookInto(place) : await this.#takeFile(path, place);
    this.#seen.set(place, holds);
    return holds;
  }

  /** What is no symbolic link is where it stands; undefined for all else. */
  #standing(path: string, entry: Dirent | undefined): RenderTarget | undefined {
    const isFolder = entry?.isDirectory() === true;
    return isFolder || entry?.isFile() === true
      ? { kind: 'inside', path: join(this.#root, path), isFolder }
      : undefined;
  }

  async #takeFile(path: string, place: string): Promise<boolean> {
    if ((await this.ignored.leavesOut(path)) || (await this.ignored.leavesOut(place))) {
      return false;
    }
    this.files.push(place);
    return true;
  }

  async #lookInto(place: string): Promise<boolean> {
    const here = this.#missing
      .in(place)
      .map(({ path, reason, isFile }) => ({ path, reason, isFile, name: relative(place, path) }));
    const unknown = here.find(({ name }) => name === IGNORE_FILE);
    if (unknown !== undefined) {
      this.#fail(unknown.path, unknown.reason);
      return true;
    }
    // The process that renders has nothing else to do: to hand thousands of looks to other threads takes longer.
    const entries = readdirSync(join(this.#root, place), { withFileTypes: true });
    const names = new Set(entries.map(({ name }) => name));
    const isHere = async (file: string) =>
      (names.has(file) || here.some(({ name }) => name === file)) && !(await this.ignored.leavesOut(join(place, file)));
    if ((await Promise.all(KUSTOMIZATION_FILES.map(isHere))).includes(true)) {
      this.#take(
        place,
        this.kustomizations,
        here.find(({ name }) => KUSTOMIZATION_FILES.includes(name)),
      );
      return true;
    }
    if (await isHere(CHART_FILE)) {
      // Whatever a chart lacks, helm renders it without a word.
      this.#take(place, this.charts, this.#missing.below(place) ?? (await this.#ignoredOfChart(place)));
      return true;
    }
    const lost = here.filter(({ name, isFile }) => !/(^|\/)\./.test(name) && mayHoldManifests(name, isFile));
    let isAnything = false;
    for (const { path, reason } of lost) {
      if (!(await this.ignored.leavesOut(path))) {
        this.#fail(path, reason);
        isAnything = true;
      }
    }
    const shown = entries.filter(({ name }) => !name.startsWith('.'));
    for (const entry of shown.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      isAnything = (await this.#visit(join(place, entry.name), entry)) || isAnything;
    }
    return isAnything;
  }

  #take(place: string, wholes: string[], lost: Pick<LeftOutFile, 'path' | 'reason'> | undefined): void {
    if (lost === undefined) {
      wholes.push(place);
    } else {
      this.#fail(lost.path, lost.reason);
    }
  }

  /** Helm does not read .sourceignore: what it would render all the same must not be left out. */
  async #ignoredOfChart(place: string): Promise<Pick<LeftOutFile, 'path' | 'reason'> | undefined> {
    const entries = await readdir(join(this.#root, place), { recursive: true, withFileTypes: true });
    const files = entries.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
    for (const file of files.map((one) => relative(this.#root, one)).toSorted()) {
      if (RENDERED_BY_HELM.test(relative(place, file)) && (await this.ignored.leavesOut(file))) {
        return { path: file, reason: 'a part of a chart cannot be left out by .sourceignore: leave out all of it' };
      }
    }
    return undefined;
  }
}

/** May there be something to render behind a name that cannot be read? */
function mayHoldManifests(path: string, isFile: boolean): boolean {
  const name = basename(path);
  return MANIFEST.test(name) || KUSTOMIZATION_FILES.includes(name) || !(isFile || DOCUMENT.test(name));
}

/** `./k8s/`, `/k8s` and `k8s` are the same folder; the root is `.`. */
export function cleaned(path: string): string {
  return join('.', path).replace(/\/$/, '') || '.';
}
