import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { TestImage } from '../images.ts';
import { debianPath } from '../parts.ts';
import { cacheDirectory } from '../parts-list.ts';
import { runCommand } from './command.ts';
import { readInstructions } from './dockerfile.ts';
import { noteUse, removeUnused } from './unused-layouts.ts';

/** What an image is built from. */
export interface ImageSource {
  /** First part of its directory's name in the cache. */
  readonly name: string;
  readonly dockerfile: string;
  /** Directory that COPY reads from. */
  readonly context: string;
}

/** An image of a Dockerfile, on disk. */
export interface BuiltImage extends TestImage {
  /** Where its OCI layout is. */
  readonly directory: string;
}

/**
 * Builds an image with buildah, from bases made here, or finds it: the Dockerfile and what it copies tell one from another.
 *
 * @param print gets each step with its seconds
 * @throws Error with the end of what buildah printed
 */
export async function builtImage(source: ImageSource, print: (line: string) => void = () => {}): Promise<BuiltImage> {
  const { name, dockerfile, context } = source;
  const directory = join(cacheDirectory(), 'images', `${name}-${keyOf(source)}`);
  if (!existsSync(directory)) {
    mkdirSync(cacheDirectory(), { recursive: true });
    const lock = join(cacheDirectory(), 'image-store.lock');
    const script = join(import.meta.dirname, 'build.ts');
    const command = [process.execPath, script, dockerfile, context, directory];
    print(await runCommand(debianPath('flock'), ['--no-fork', lock, ...command]));
    removeUnused(dirname(directory), name);
  }
  noteUse(directory);
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  return { directory, layout: `${directory}:image`, digest: index.manifests[0]?.digest ?? '' };
}

/** @returns 16 hexadecimal digits of the Dockerfile, of how bases are made, and of the names and bytes of what it copies */
function keyOf({ dockerfile, context }: ImageSource): string {
  const hash = createHash('sha256');
  const text = readFileSync(dockerfile, 'utf8');
  const copied = readInstructions(text)
    .filter((instruction) => instruction.name === 'COPY' && !instruction.text.startsWith('--from'))
    .flatMap((instruction) => instruction.text.split(/\s+/).slice(0, -1))
    .flatMap((path) => filesOf(join(context, path)));
  for (const script of ['bases.ts', 'build.ts']) hash.update(readFileSync(join(import.meta.dirname, script)));
  for (const file of copied) {
    hash.update(`${relative(context, file)}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.update(text).digest('hex').slice(0, 16);
}

function filesOf(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return globSync('**/*', { cwd: path })
    .map((file) => join(path, file))
    .filter((file) => statSync(file).isFile())
    .sort();
}
