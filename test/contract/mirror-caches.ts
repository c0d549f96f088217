import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A cache directory for each host that a suite opens. */
export function mirrorCaches() {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-mirrors-'));
  return {
    make: () => mkdtempSync(join(parent, 'mirror-')),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}
