/**
 * A path of a repository in normal form, from its root and without a slash at either end; the root is empty. Undefined
 * for one that leads out of it.
 *
 * @param folder that a relative path starts from; one with a slash before it starts from the root
 */
export function joinPath(folder: string, path: string): string | undefined {
  const steps: string[] = [];
  for (const step of `${path.startsWith('/') ? '' : folder}/${path}`.split('/')) {
    if (step === '..') {
      if (steps.pop() === undefined) {
        return undefined;
      }
    } else if (step !== '' && step !== '.') {
      steps.push(step);
    }
  }
  return steps.join('/');
}

/** The folder of a file; empty for the root. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf('/'), 0));
}
