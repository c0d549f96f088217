import { join } from 'node:path';
import { KUSTOMIZATION_FILES } from './discover.ts';
import { locate } from './locate.ts';
import type { RenderFailure } from './rendered-object.ts';

/** The name of the file that makes a folder a kustomization, or why there is none. */
export async function findKustomizationFile(root: string, folder: string): Promise<string | RenderFailure> {
  for (const name of KUSTOMIZATION_FILES) {
    const target = await locate(root, join(folder, name));
    if (target.kind === 'outside') {
      return { subject: join(folder, name), reason: 'it leads out of the repository' };
    }
    if (target.kind === 'inside' && !target.isFolder) {
      return name;
    }
  }
  return { subject: folder, reason: `expected one of ${KUSTOMIZATION_FILES.join(', ')}, found none` };
}
