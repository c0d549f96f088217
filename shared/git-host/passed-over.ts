import { decodeText, isLfsPointer, isManifestPath, MAX_FILE_BYTES } from './manifest-file.ts';

/** Is told of what may hold manifests and is not read, and why: `larger than 1 MiB`. */
export type PassedOver = (path: string, reason: string) => void;

export const TOO_LARGE = `larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`;
export const NO_UTF8_NAME = 'a name that is no UTF-8';
const SUBMODULE = 'a submodule: name its repository in sluice.yml';
const SYMBOLIC_LINK = 'a symbolic link: only what it points to is read, where sluice.yml names it';

/** Why what has this mode in Git is not read; undefined for a regular file, and for what holds no manifests. */
export function passedOverByMode(path: string, mode: string): string | undefined {
  if (mode === '160000') {
    return SUBMODULE;
  }
  // A link without an ending may stand for a folder.
  const mayHold = isManifestPath(path) || !path.slice(path.lastIndexOf('/') + 1).includes('.');
  return mode === '120000' && mayHold ? SYMBOLIC_LINK : undefined;
}

/** The text of a file that may be a manifest; undefined, with the reason told, for what is none that could be edited. */
export function manifestText(path: string, content: Buffer | undefined, passedOver: PassedOver): string | undefined {
  if (content === undefined || content.length > MAX_FILE_BYTES) {
    passedOver(path, TOO_LARGE);
    return undefined;
  }
  const text = decodeText(content);
  if (text === undefined) {
    passedOver(path, isUtf16(content) ? 'UTF-16: save it as UTF-8' : 'no text: save it as UTF-8');
  }
  return text;
}

/** Why a text holds no manifests, whatever it says; undefined where it may. */
export function whyNoManifest(text: string): string | undefined {
  if (isLfsPointer(text)) {
    return 'a pointer of Git LFS: keep manifests in Git itself';
  }
  return text.includes('\0') ? 'binary, or UTF-16: save it as UTF-8' : undefined;
}

function isUtf16([first, second]: Buffer): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/**
 * Is this the reason of a file that a person may have written, and that would say something in UTF-8 and in Git itself?
 * What is too large was generated, and what a link or a submodule stands for is no file of this place.
 */
export function isUnreadText(reason: string): boolean {
  return ![TOO_LARGE, NO_UTF8_NAME, SUBMODULE, SYMBOLIC_LINK].includes(reason);
}
