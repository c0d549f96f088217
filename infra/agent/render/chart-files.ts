import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * Functions of templates that give another value each time, of Helm and Sprig. What a template only says in a comment
 * is kept too, which costs nothing but room.
 *
 * @see https://masterminds.github.io/sprig/
 */
const CHANGING =
  /\b(rand[A-Z]\w*|randInt|randBytes|shuffle|uuidv4|gen(PrivateKey|CA|SelfSignedCert|SignedCert)\w*|bcrypt|htpasswd|encryptAES|now|ago|date\w*|htmlDate\w*|unixEpoch)\b/;
/** Where functions are called, in templates and in values and files that templates take for such. */
const [OPEN, CLOSE] = ['{{', '}}'] as const;
/** A chart below this one, which helm unpacks: what is in it is not looked at. */
const PACKED = /\.tgz$/;

/** The files of a chart, as far as its values are concerned. */
export interface ChartFiles {
  readonly digest: string;
  /** May it render to something else each time? */
  readonly isChanging: boolean;
}

/** Reads all files of a chart. Symbolic links are followed: none of them leads out of the repository. */
export async function readChartFiles(root: string, folder: string): Promise<ChartFiles> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
  const hash = createHash('sha256');
  let isChanging = false;
  for (const file of files.toSorted()) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    hash.update(JSON.stringify([relative(join(root, folder), file), bytes.length])).update(bytes);
    isChanging ||= PACKED.test(file) || callsChanging(bytes.toString('latin1'));
  }
  return { digest: hash.digest('hex'), isChanging };
}

/** Words of a description, a licence or a definition call nothing. */
function callsChanging(text: string): boolean {
  for (let from = text.indexOf(OPEN); from !== -1; ) {
    const end = text.indexOf(CLOSE, from);
    if (CHANGING.test(text.slice(from, end === -1 ? undefined : end))) {
      return true;
    }
    from = end === -1 ? -1 : text.indexOf(OPEN, end);
  }
  return false;
}
