import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../shared/errors.ts';
import { decodeText } from '../../../shared/yaml/text.ts';
import { namesPlace } from '../apply/place.ts';
import { idOf, keyOf, type Manifest, printId } from '../manifest.ts';
import { isIgnored } from './annotations.ts';
import { adviceOn } from './budget.ts';
import { type ChartOptions, renderChart } from './chart.ts';
import { generatedNameOf } from './generated-name.ts';
import { buildKustomization, type Kustomization, openKustomization } from './kustomization.ts';
import { secretsOfKustomization } from './kustomization-secrets.ts';
import { CHART_FILE, cleaned, type Layout, layOut } from './layout.ts';
import type { LeftOut } from './left-out.ts';
import { isLfsPointer, LFS_REASON } from './lfs.ts';
import { type ManifestText, readManifests } from './manifests.ts';
import type { ReadText } from './memory.ts';
import type { Rendered, RenderedObject, RenderFailure, Unplaced } from './rendered.ts';
import { sopsDecrypt } from './sops.ts';
import { unplacedOf } from './unplaced.ts';

/** What a working tree is rendered with. */
export interface RenderOptions extends ChartOptions {
  /** What `${NAME}` stands for; where it is left out, `${NAME}` is text. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
  /** Names of those that a Secret holds. */
  readonly secretVariables?: ReadonlySet<string> | undefined;
  /** A file of age keys, for what SOPS encrypted. */
  readonly ageKeyFile?: string | undefined;
  /** What the revision has and the directory has not. */
  readonly left?: readonly LeftOut[] | undefined;
  /** Of one plain file; any where it is left out. */
  readonly maxFileBytes?: number | undefined;
  /** How texts are read, where it is not each one anew. */
  readonly read?: ReadText;
}

/**
 * Reads what a working tree asks for: plain files, kustomizations and charts at or below these paths. What cannot be
 * rendered does not stop the rest, and is named in `failures`.
 *
 * @param paths folders and files, from the directory; `''` is all of it
 */
export async function render(directory: string, paths: readonly string[], options: RenderOptions): Promise<Rendered> {
  const { read = readManifests } = options;
  const root = await realpath(directory);
  const layout = await layOut(root, paths, options.left);
  const failures = [...layout.failures];
  const objects: RenderedObject[] = [];
  const passedOver: RenderFailure[] = [];
  const secrets: (readonly string[])[] = [];
  const ofTexts: RenderFailure[] = [];
  const unplaced: Unplaced[] = [];
  const { variables, secretVariables } = options;
  const how = { decrypt: sopsDecrypt(options.tools, options.ageKeyFile), variables, secretVariables };
  for await (const text of textsOf(root, layout, options, { failures, secrets })) {
    if (isLfsPointer(text.text)) {
      failures.push({ subject: text.subject, reason: LFS_REASON });
      continue;
    }
    const found = await read(text, how);
    if (found.isPassedOver === true) {
      passedOver.push({ subject: text.subject, reason: 'it holds no Kubernetes object' });
    }
    objects.push(...found.objects);
    ofTexts.push(...found.failures);
    secrets.push(found.secrets);
    unplaced.push(
      ...(namesPlace(text.text) ? found.failures.map(({ subject }) => ({ subject, namesPlace: true })) : []),
    );
  }
  unplaced.push(...(await unplacedOf(root, layout, failures)));
  failures.push(...ofTexts);
  failures.push(...emptyPaths(paths, layout, passedOver));
  const unique = withoutDoubles(objects, failures);
  return {
    objects: unique.filter(({ manifest }) => !isIgnored(manifest)),
    skipped: unique.filter(({ manifest }) => isIgnored(manifest)),
    failures,
    passedOver,
    secrets: secrets.flat(),
    unplaced,
  };
}

/** Paths in which every file is another program's: what they held is not to be taken for gone. */
function emptyPaths(
  paths: readonly string[],
  { files, kustomizations, charts }: Layout,
  passedOver: readonly RenderFailure[],
): readonly RenderFailure[] {
  const others = new Set(passedOver.map(({ subject }) => subject));
  const rest = [...files.filter((one) => !others.has(one)), ...kustomizations, ...charts];
  return paths.map(cleaned).flatMap((path) => {
    const isBelow = (one: string) => path === '.' || one === path || one.startsWith(`${path}/`);
    return [...others].some(isBelow) && !rest.some(isBelow)
      ? [{ subject: path, reason: 'expected Kubernetes objects, found only files without any' }]
      : [];
  });
}

async function* textsOf(
  root: string,
  { files, kustomizations, charts, ignored }: Layout,
  { maxFileBytes, ...options }: RenderOptions,
  { failures, secrets }: { readonly failures: RenderFailure[]; readonly secrets: (readonly string[])[] },
): AsyncGenerator<ManifestText> {
  const attempt = async <T>(subject: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      failures.push({ subject, reason: messageOf(error) });
      return undefined;
    }
  };
  const opened: Kustomization[] = [];
  for (const folder of kustomizations) {
    opened.push(await openKustomization(root, folder, ignored));
  }
  // A patch is no object, and a resource comes with the kustomization that names it.
  const taken = new Set(opened.flatMap((one) => one.files));
  for (const file of files.filter((one) => !taken.has(one))) {
    const text = await attempt(file, async () => decodeText(await readWithin(join(root, file), maxFileBytes)));
    if (text !== undefined) {
      const format = file.toLowerCase().endsWith('.json') ? 'json' : 'yaml';
      yield { subject: file, text, format, isRendered: false, placeOf: (line) => `${file}:${line}` };
    }
  }
  failures.push(...wholes(opened).flatMap((one) => one.failures));
  for (const kustomization of wholes(opened).filter((one) => one.failures.length === 0)) {
    const text = await attempt(kustomization.file, async () => buildKustomization(root, kustomization, options.tools));
    if (text !== undefined) {
      yield { subject: kustomization.file, text, format: 'yaml', isRendered: true, placeOf: () => kustomization.file };
    } else {
      secrets.push(await secretsOfKustomization(root, kustomization));
    }
  }
  for (const folder of charts) {
    const chart = await attempt(join(folder, CHART_FILE), async () => renderChart(root, folder, options));
    if (chart !== undefined) {
      const { text, namespace, placeOf } = chart;
      const place = (_: number, comment: string) => placeOf(comment);
      yield { subject: folder, text, format: 'yaml', isRendered: true, namespace, placeOf: place };
    }
  }
}

async function readWithin(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > maxBytes) {
    throw new Error(`expected at most ${maxBytes} bytes, found ${size}. ${adviceOn('maxSize')}`);
  }
  return readFile(path);
}

/**
 * Those that are applied by themselves: a base comes with the kustomization that is made of it. Of a circle none is a
 * base, and kustomize says what is wrong.
 */
function wholes(kustomizations: readonly Kustomization[]): readonly Kustomization[] {
  const isBase = (one: Kustomization) =>
    kustomizations.some((other) => other.parts.includes(one.folder) && !one.parts.includes(other.folder));
  return kustomizations.filter((one) => !one.isComponent && !isBase(one));
}

function withoutDoubles(objects: readonly RenderedObject[], failures: RenderFailure[]): readonly RenderedObject[] {
  const places = new Map<string, string>();
  return objects.flatMap((object) => {
    const { place } = object;
    const manifest = withFreeName(object.manifest, places);
    const key = keyOf(idOf(manifest));
    const first = places.get(key);
    if (first !== undefined) {
      failures.push({ subject: printId(idOf(manifest)), reason: `stands in ${first} and again in ${place}` });
      return [];
    }
    places.set(key, place);
    return [manifest === object.manifest ? object : { ...object, manifest }];
  });
}

/** Objects whose names are generated may have all in common that their names come from. */
function withFreeName(manifest: Manifest, places: ReadonlyMap<string, string>): Manifest {
  const { metadata } = manifest;
  let free = manifest;
  if (metadata.name !== generatedNameOf(manifest)) {
    return free;
  }
  for (let ordinal = 1; places.has(keyOf(idOf(free))); ordinal += 1) {
    free = { ...manifest, metadata: { ...metadata, name: generatedNameOf(manifest, ordinal) ?? metadata.name } };
  }
  return free;
}
