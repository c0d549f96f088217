import type { RepositoryFile } from '../git-host/port.ts';
import { countSites, scanInSteps } from '../manifest/scan.ts';
import type { ScannedFile } from '../manifest/site.ts';
import { afterOthers, inTurns } from '../turns.ts';
import type { RepositoryTotals } from './repository-limits.ts';

/** In characters: as much is read in a few milliseconds. */
const LARGE_FILE = 16 * 1024;
const LARGE_IN_ALL = 64 * 1024;

/**
 * Scans the manifests of a repository one by one, within its limits and its time. What is large lets other repositories
 * go first, again and again while it is read; and what was scanned before the time was over is not scanned again.
 */
export class FileScanner {
  /** By path and content. */
  readonly #done = new Map<string, ScannedFile>();

  /** @throws SluiceError `git-too-large`; the reason of the work's time limit, where that is over */
  async scan(manifests: readonly RepositoryFile[], totals: RepositoryTotals): Promise<readonly ScannedFile[]> {
    totals.add('files', manifests.length);
    this.#keepOnly(manifests);
    for (const { text } of manifests) {
      totals.add('characters', text.length);
    }
    let characters = 0;
    const scanned: ScannedFile[] = [];
    for (const file of manifests) {
      characters += file.text.length;
      const known = this.#done.get(keyOf(file));
      if (known === undefined && (file.text.length > LARGE_FILE || characters > LARGE_IN_ALL)) {
        await afterOthers();
      }
      const one = known ?? (await inTurns(scanInSteps(file.path, file.text)));
      this.#done.set(keyOf(file), one);
      totals.add('documents', one.documents);
      totals.add('sites', countSites(one));
      scanned.push(one);
    }
    return scanned;
  }

  /** A repository that is never read to its end may move on and on. */
  #keepOnly(manifests: readonly RepositoryFile[]): void {
    const there = new Set(manifests.map(keyOf));
    for (const key of this.#done.keys()) {
      if (!there.has(key)) {
        this.#done.delete(key);
      }
    }
  }
}

function keyOf({ path, blob }: RepositoryFile): string {
  return `${blob} ${path}`;
}
