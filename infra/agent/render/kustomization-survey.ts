import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import { findKustomizationFile } from './kustomization-file.ts';
import { chartsOfKustomization } from './kustomize-charts.ts';
import {
  isPlainList,
  isWhollyKnown,
  type Load,
  loadsOfKustomization,
  loadsOfPlugin,
  NoPathError,
} from './kustomize-loads.ts';
import { isLfsPointerFile, LFS_REASON } from './lfs.ts';
import { locate, locateFolder, type RenderTarget } from './locate.ts';
import type { RenderFailure } from './rendered-object.ts';
import type { SourceIgnore } from './source-ignore.ts';
import { readStrictly, type StrictDocument } from './strict-yaml.ts';

/** What a kustomization is made of. Paths are from the root of the repository. */
export interface KustomizationContents {
  /** Other folders with a kustomization that this one is made of, however far away. */
  readonly parts: readonly string[];
  /** Files that it and its parts read. */
  readonly files: readonly string[];
  /** Folders of charts that it or a part of it inflates. */
  readonly charts: readonly string[];
  /** Whether one of them reads a file outside of its own folder. */
  readonly readsOutside: boolean;
  /** Why it must not be built. */
  readonly failures: readonly RenderFailure[];
}

/** What looks like a place elsewhere, to any part of kustomize's loader. */
const REMOTE = /^[a-z][a-z0-9+.-]*:(\/|:)|:\/\/|^https?:|^git@/i;

/** What alone kustomize asks a server for by itself; the rest it leaves to git, which it does not find. */
const REMOTE_FILE = /^https?:/i;

/** Where a document stands: the folder that its paths are from, and how its lines are called. */
interface Standing {
  readonly from: string;
  readonly placeAt: (line: number) => string;
}

/** Looks at all that one kustomization is made of, each thing once. */
export class KustomizationSurvey {
  readonly #root: string;
  readonly #first: string;
  readonly #ignored: SourceIgnore;
  readonly #parts = new Set<string>();
  readonly #lists = new Set<string>();
  readonly #files = new Set<string>();
  readonly #charts = new Set<string>();
  readonly #failures: RenderFailure[] = [];
  #readsOutside = false;
  #isWhollyKnown = true;

  constructor(root: string, first: string, ignored: SourceIgnore) {
    this.#root = root;
    this.#first = first;
    this.#ignored = ignored;
  }

  result(): KustomizationContents {
    return {
      parts: [...this.#parts],
      files: [...this.#files],
      charts: [...this.#charts],
      // What a field reads that nobody here knows is not known either: then kustomize's own limit stands.
      readsOutside: this.#readsOutside && this.#isWhollyKnown,
      failures: this.#failures,
    };
  }

  /** Looks at all of it; what cannot be looked at is a failure too. */
  async run(): Promise<{ readonly file: string; readonly value: unknown }> {
    try {
      return await this.#open(this.#first);
    } catch (error) {
      if (!(error instanceof SluiceError)) {
        throw error;
      }
      this.#failures.push({ subject: error.subject, reason: error.found });
      return { file: this.#first, value: undefined };
    }
  }

  /** Reads the kustomization of a folder, and looks at what it loads. */
  async #open(folder: string): Promise<{ readonly file: string; readonly value: unknown }> {
    const { file, value, documents, standing } = await this.#readFolder(folder);
    for (const path of chartsOfKustomization(value)) {
      const chart = await locateFolder(this.#root, join(folder, path));
      this.#charts.add(chart ?? join(folder, path));
    }
    this.#isWhollyKnown &&= value === undefined || value === null || isWhollyKnown(value);
    await this.#follow(documents, standing, loadsOfKustomization, async (load, place) =>
      load.as === 'plugin' ? this.#plugin(folder, folder, load, place) : this.#load(folder, load, place),
    );
    return { file, value };
  }

  async #readFolder(folder: string) {
    const found = await findKustomizationFile(this.#root, folder);
    const file = typeof found === 'string' ? join(folder, found) : found.subject;
    const standing: Standing = { from: folder, placeAt: (line) => `${file}:${line}` };
    if (typeof found !== 'string') {
      this.#failures.push(found);
      return { file, value: undefined, documents: [], standing };
    }
    if (await this.#ignored.leavesOut(file)) {
      this.#failures.push({ subject: file, reason: LEFT_OUT });
    }
    const documents = this.#read(await readFile(join(this.#root, file)), standing);
    if (documents.length > 1) {
      this.#failures.push({ subject: file, reason: `expected one document, found ${documents.length}` });
    }
    return { file, value: documents[0]?.value, documents, standing };
  }

  #read(bytes: Buffer, { placeAt }: Standing): readonly StrictDocument[] {
    const { documents, faults } = readStrictly(bytes);
    this.#failures.push(...faults.map(({ line, reason }) => ({ subject: placeAt(line), reason })));
    return documents;
  }

  async #follow(
    documents: readonly StrictDocument[],
    { placeAt }: Standing,
    loadsOf: (value: unknown) => readonly Load[],
    take: (load: Load, place: string) => Promise<void>,
  ): Promise<void> {
    for (const { value, lineOf } of documents) {
      try {
        for (const load of loadsOf(value)) {
          await take(load, placeAt(lineOf(load.at)));
        }
      } catch (error) {
        if (!(error instanceof NoPathError)) {
          throw error;
        }
        this.#failures.push({ subject: placeAt(lineOf(error.at)), reason: error.message });
      }
    }
  }

  /** Looks at what is built or read. */
  async #load(from: string, load: Load, place: string): Promise<void> {
    const target = await this.#target(from, load, place);
    if (target?.isFolder === true && load.as !== 'file') {
      const part = relative(this.#root, target.path) || '.';
      if (part !== this.#first && !this.#parts.has(part)) {
        this.#parts.add(part);
        await this.#open(part);
      }
    }
  }

  /**
   * Looks at the configuration of a generator, transformer or validator: a text, a file, or a folder with a list of
   * such. What it names is from the folder of the kustomization that names it.
   *
   * @param from the folder that `load` is named from
   */
  async #plugin(folder: string, from: string, load: Load, place: string): Promise<void> {
    const take = async (inner: Load, where: string) => this.#load(folder, inner, where);
    if (isText(load)) {
      const standing: Standing = { from: folder, placeAt: () => place };
      await this.#follow(this.#read(Buffer.from(load.path), standing), standing, loadsOfPlugin, take);
    }
    const target = await this.#target(from, load, place);
    if (target === undefined) {
      return;
    }
    const path = relative(this.#root, target.path) || '.';
    if (!target.isFolder) {
      const standing: Standing = { from: folder, placeAt: (line) => `${path}:${line}` };
      await this.#follow(this.#read(await readFile(target.path), standing), standing, loadsOfPlugin, take);
      return;
    }
    const list = `${folder}\n${path}`;
    if (path === this.#first || this.#lists.has(list)) {
      return;
    }
    this.#lists.add(list);
    this.#parts.add(path);
    const { documents, standing, value } = await this.#readFolder(path);
    if (value !== undefined && !isPlainList(value)) {
      const reason = `${load.field} names ${load.path}, which makes its configuration: a list of resources can be looked through`;
      this.#failures.push({ subject: place, reason });
      return;
    }
    await this.#follow(documents, standing, loadsOfKustomization, async (inner, where) =>
      this.#plugin(folder, path, inner, where),
    );
  }

  /** What is at a place; undefined where that is nothing, or must not be read. */
  async #target(from: string, { field, path, as }: Load, place: string) {
    const isRemote = (isText({ as, path }) ? REMOTE_FILE : REMOTE).test(path);
    const target = isRemote ? NOWHERE : await this.#locate(from, path);
    if (target.kind === 'inside') {
      const file = relative(this.#root, target.path);
      if (!target.isFolder) {
        if (await isLfsPointerFile(target.path)) {
          this.#failures.push({ subject: place, reason: `${field} names ${path}: ${LFS_REASON}` });
          return undefined;
        }
        if (await this.#ignored.leavesOut(file)) {
          this.#failures.push({ subject: place, reason: `${field} names ${path}: ${LEFT_OUT}` });
        }
        const own = join(this.#root, from);
        this.#readsOutside ||= !target.path.startsWith(own + sep);
        if (as !== 'file' || field.startsWith('patches')) {
          this.#files.add(file);
        }
      }
      return target;
    }
    const what = `${field} names ${printed(path)}, which`;
    if (target.kind === 'outside') {
      this.#failures.push({ subject: place, reason: `${what} leads out of the repository` });
    } else if (isRemote || (as !== 'file' && !isText({ as, path }))) {
      // What is only read is missed by kustomize itself, in its own words.
      const reason = `${what} is not in the repository, and nothing is fetched: put a copy of it there`;
      this.#failures.push({ subject: place, reason });
    }
    return undefined;
  }

  async #locate(from: string, path: string): Promise<RenderTarget> {
    return isAbsolute(path) ? { kind: 'outside' } : locate(this.#root, join(from, path));
  }
}

const NOWHERE: RenderTarget = { kind: 'nowhere' };
/** Kustomize does not read that file: what is left out must not come in by it. */
const LEFT_OUT = 'it is left out by .sourceignore';
const MOST_PRINTED = 200;

/** May it be what a file would hold, in the place of the file's path? */
function isText({ as, path }: Pick<Load, 'as' | 'path'>): boolean {
  return path.includes('\n') || (as === 'plugin' && path.includes('{'));
}

function printed(path: string): string {
  const [line = ''] = path.split('\n', 1);
  return line.length > MOST_PRINTED || line !== path ? `${line.slice(0, MOST_PRINTED)}…` : path;
}
