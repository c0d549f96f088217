import { ContentSize } from './content-size.ts';
import { manifestText, type PassedOver } from './passed-over.ts';
import type { RepositoryFile } from './port.ts';

/** A file as Git has it. */
interface ContentFile {
  readonly path: string;
  readonly blob: string;
  /** Undefined where it was not read: it is too large. */
  readonly content: Buffer | undefined;
}

/**
 * Those of the files that may be manifests, as text: what is no UTF-8, or larger than a person writes, is left out.
 *
 * @param subject how messages name the repository
 * @param passedOver is told of each that is left out
 * @throws SluiceError `git-too-large` where they are larger together than may be
 */
export function textFiles(
  subject: string,
  files: Iterable<ContentFile>,
  passedOver: PassedOver,
): readonly RepositoryFile[] {
  const size = new ContentSize(subject);
  const texts: RepositoryFile[] = [];
  for (const { path, blob, content } of files) {
    const text = manifestText(path, content, passedOver);
    if (text !== undefined) {
      size.add(content?.length ?? 0);
      texts.push({ path, blob, text });
    }
  }
  return texts;
}
