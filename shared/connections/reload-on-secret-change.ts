import type { SecretMemory } from '../config/secret-memory.ts';

/**
 * What is opened with secrets: opened by the first call, kept, and opened anew once a secret has changed. What could
 * not be opened is tried again by each call.
 */
export function reopening<T>(
  open: () => Promise<T>,
  { changed, refused }: Pick<SecretMemory, 'changed' | 'refused'>,
): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return async () => {
    // A text that nothing could be opened with may have been mended meanwhile.
    const isOld = await (opened === undefined ? refused() : changed());
    if (opened === undefined || isOld) {
      opened = open();
      opened.catch(() => {
        opened = undefined;
      });
    }
    return opened;
  };
}
