import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage } from '../images.ts';
import { type BuiltImage, builtImage } from './built-image.ts';

/** The sample repository's files. */
export const SAMPLE = join(import.meta.dirname, '..', '..', '..', 'infra', 'demo', 'hello');

/** What the page says: the words of the sample, or others that were put in their place. */
const SAID = /return f?"Hello .*"/;

/** The sample's image, whose page says `text` and a line's end: `Hello World!`. */
export async function builtSample(text: string, print?: (line: string) => void): Promise<BuiltImage> {
  const context = mkdtempSync(join(tmpdir(), 'sluice-sample-'));
  try {
    cpSync(SAMPLE, context, { recursive: true });
    const page = join(context, 'app.py');
    writeFileSync(page, withText(readFileSync(page, 'utf8'), text));
    return await builtImage({ name: 'sample', dockerfile: join(context, 'Dockerfile'), context }, print);
  } finally {
    rmSync(context, { recursive: true });
  }
}

/**
 * Pushes the sample's image to a registry.
 *
 * @param host `127.0.0.1:PORT`
 * @returns `HOST/hello:TAG@sha256:…`
 */
export async function sampleImage(host: string, text: string, tag = '0.1.0'): Promise<string> {
  return `${host}/hello:${tag}@${await pushImage(host, 'hello', tag, await builtSample(text))}`;
}

/**
 * The sample's app.py with another page.
 *
 * @throws Error where app.py has no such line any more
 */
export function withText(page: string, text: string): string {
  if (!SAID.test(page)) throw new Error(`app.py: expected a line ${SAID}, found none`);
  return page.replace(SAID, () => `return ${JSON.stringify(`${text}\n`)}`);
}
