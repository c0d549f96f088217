import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import { isRecord } from './record.ts';

/** https://helm.sh/docs/topics/charts/#schema-files */
const SCHEMA_FILE = 'values.schema.json';
/** Fields that name another schema, which helm would fetch by HTTP or read from anywhere on the disk. */
const NAMING = new Set(['$ref', '$dynamicRef', '$recursiveRef', '$schema']);
/** Within the file itself, or one that helm has in it: https://json-schema.org/specification */
const KNOWN = /^#|^https?:\/\/json-schema\.org\/(draft-0[4-7]|draft\/20(19-09|20-12))\/schema#?$/;
/** A chart below this one that helm unpacks in its memory. */
const PACKED = /\.tgz$/;

/**
 * Looks through the schemas of values of a chart and of the charts below it; true where helm may check by all of them.
 * What is packed is not looked through, and is not checked by then.
 *
 * @throws SluiceError `render-failed` where one names what is elsewhere
 */
export async function checkValuesSchemas(root: string, folder: string): Promise<boolean> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
  for (const file of files.filter((one) => basename(one) === SCHEMA_FILE)) {
    const stray = findStray(readSchema(await readFile(file, 'utf8'), relative(root, file)));
    if (stray !== undefined) {
      throw new SluiceError({
        code: 'render-failed',
        subject: relative(root, file),
        expected: 'references within the file: nothing is fetched, and nothing read from elsewhere',
        found: stray.slice(0, 200),
        next: 'Put what it names into its $defs.',
      });
    }
  }
  return !files.some((one) => PACKED.test(one));
}

function readSchema(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError({ code: 'render-failed', subject, expected: 'JSON', found: 'another text', cause });
  }
}

function findStray(schema: unknown): string | undefined {
  const pending = [schema];
  for (let one = pending.pop(); pending.length > 0 || one !== undefined; one = pending.pop()) {
    for (const [name, value] of isRecord(one) ? Object.entries(one) : []) {
      if (NAMING.has(name) && typeof value === 'string' && !KNOWN.test(value)) {
        return value;
      }
    }
    pending.push(...(isRecord(one) || Array.isArray(one) ? Object.values(one) : []));
  }
  return undefined;
}
