import { inTurns } from '../turns.ts';
import { readInSteps } from './scan.ts';
import type { Manifest, Site } from './site.ts';
import { setImageInSteps } from './splice.ts';

/** A file's path and its text. */
interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Manifests that are edited: each is scanned once, and once more after each change. */
export class EditedManifests {
  readonly #before: ReadonlyMap<string, string>;
  readonly #now = new Map<string, Manifest>();

  constructor(files: readonly TextFile[]) {
    this.#before = new Map(files.map(({ path, text }) => [path, text]));
  }

  /** As it stands by now; undefined where there is none of this path. */
  async get(path: string): Promise<Manifest | undefined> {
    const text = this.#before.get(path);
    const known = this.#now.get(path);
    if (known !== undefined || text === undefined) {
      return known;
    }
    const manifest = await inTurns(readInSteps(path, text));
    this.#now.set(path, manifest);
    return manifest;
  }

  /** Sets the image of a site of a manifest. */
  async setImage(path: string, manifest: Manifest, site: Site, image: string): Promise<void> {
    this.#now.set(path, await inTurns(setImageInSteps(manifest, site, image)));
  }

  /** The files that are changed, with their new texts. */
  edits(): readonly TextFile[] {
    return [...this.#now].flatMap(([path, { text }]) => (text === this.#before.get(path) ? [] : [{ path, text }]));
  }
}
