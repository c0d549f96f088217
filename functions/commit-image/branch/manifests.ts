import type { FileEdit, RepositoryFile } from '../../../shared/git-host/port.ts';
import { readInSteps } from '../../../shared/manifest/scan.ts';
import type { Manifest } from '../../../shared/manifest/site.ts';
import { inTurns } from '../../../shared/turns.ts';

/** The files at a head, each scanned once, and once more after each change. */
export class Manifests {
  readonly #before: ReadonlyMap<string, string>;
  readonly #now = new Map<string, Manifest>();

  constructor(files: readonly RepositoryFile[]) {
    this.#before = new Map(files.map(({ path, text }) => [path, text]));
  }

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

  set(path: string, manifest: Manifest): void {
    this.#now.set(path, manifest);
  }

  edits(): readonly FileEdit[] {
    return [...this.#now].flatMap(([path, { text }]) => (text === this.#before.get(path) ? [] : [{ path, text }]));
  }
}
