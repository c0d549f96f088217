import { inTurns } from '../turns.ts';
import type { Origin } from './declarations/dialect.ts';
import { DeclaredPolicies } from './join.ts';
import { findSite, readInSteps } from './scan.ts';
import type { Manifest, ScannedFile, Site } from './site.ts';
import { setImageInSteps } from './splice.ts';

/** A file's path and its text. */
interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Manifests that are edited: each is scanned once, and once more after each change. The policies of their sites may stand
 * in any of them.
 */
export class EditedManifests {
  readonly #before: ReadonlyMap<string, string>;
  readonly #now = new Map<string, Manifest>();
  readonly #origin: Origin | undefined;
  #declared: Promise<DeclaredPolicies> | undefined;

  /** @param origin where they were read, for objects that name the repository of what they govern */
  constructor(files: readonly TextFile[], origin?: Origin) {
    this.#origin = origin;
    this.#before = new Map(files.map(({ path, text }) => [path, text]));
  }

  /** Is there a manifest of this path? */
  has(path: string): boolean {
    return this.#before.has(path);
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

  /** A site of a manifest as it stands by now, with what governs it; undefined where it is not there. */
  async site({ scanned }: Manifest, key: Parameters<typeof findSite>[1]): Promise<Site | undefined> {
    this.#declared ??= this.#readDeclared();
    const { sites, remarks } = (await this.#declared).join(scanned);
    const governed = findSite({ sites, marked: [] }, key);
    const left = governed === undefined ? findSite(scanned, key) : undefined;
    const why = remarks.find(({ image }) => image?.object === key.object && image.container === key.container);
    return left === undefined ? governed : { ...left, unautomated: why?.reason };
  }

  /** Sets the image of a site of a manifest. */
  async setImage(path: string, manifest: Manifest, site: Site, image: string): Promise<void> {
    this.#now.set(path, await inTurns(setImageInSteps(manifest, site, image)));
  }

  /** No edit of an image changes what is declared. */
  async #readDeclared(): Promise<DeclaredPolicies> {
    const scanned: ScannedFile[] = [];
    for (const path of this.#before.keys()) {
      const manifest = await this.get(path);
      scanned.push(...(manifest === undefined ? [] : [manifest.scanned]));
    }
    return new DeclaredPolicies(scanned, this.#origin);
  }

  /** The files that are changed, with their new texts. */
  edits(): readonly TextFile[] {
    return [...this.#now].flatMap(([path, { text }]) => (text === this.#before.get(path) ? [] : [{ path, text }]));
  }
}
