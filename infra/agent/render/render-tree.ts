import { realpath } from 'node:fs/promises';
import { idOf, keyOf, type Manifest, printId } from '../manifest.ts';
import { isIgnored } from './annotations.ts';
import { cleaned, type Discovered, discover } from './discover.ts';
import { fileTexts, openKustomizations } from './file-texts.ts';
import { generatedNameOf } from './generated-name.ts';
import type { LeftOutFile } from './left-out.ts';
import { readManifests } from './manifests.ts';
import { noText, TextReader } from './read-texts.ts';
import type { ReadText } from './render-cache.ts';
import type { Rendered, RenderedObject, RenderFailure } from './rendered-object.ts';
import { sopsDecrypt } from './sops.ts';
import { SourceCharts, type SourceChartsOptions } from './source-charts.ts';
import { unplacedOf } from './unplaced.ts';

/** What a working tree is rendered with. */
export interface RenderOptions extends SourceChartsOptions {
  /** What `${NAME}` stands for; where it is left out, `${NAME}` is text. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
  /** Names of those that a Secret holds. */
  readonly secretVariables?: ReadonlySet<string> | undefined;
  /** A file of age keys, for what SOPS encrypted. */
  readonly ageKeyFile?: string | undefined;
  /** What the revision has and the directory has not. */
  readonly left?: readonly LeftOutFile[] | undefined;
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
export async function renderTree(
  directory: string,
  paths: readonly string[],
  options: RenderOptions,
): Promise<Rendered> {
  const { read = readManifests, variables, secretVariables } = options;
  const root = await realpath(directory);
  const layout = await discover(root, paths, options.left);
  const how = { decrypt: sopsDecrypt(options.tools, options.ageKeyFile), variables, secretVariables };
  const reader = new TextReader(read, how);
  const charts = new SourceCharts(root, reader, options);
  const faults = { failures: [...layout.failures], secrets: reader.secrets };
  const kustomizations = await openKustomizations(root, layout);
  for await (const text of fileTexts(root, layout.files, kustomizations, options, faults)) {
    const found = await reader.read(text);
    if (found === undefined) {
      faults.failures.push(noText(text));
    } else {
      reader.add(text, found);
      await charts.note(text, found);
    }
  }
  await charts.render(layout.charts, kustomizations, faults.failures);
  const textless = [...faults.failures, ...charts.failures];
  const unplaced = [...reader.unplaced, ...(await unplacedOf(root, layout, textless))];
  const failures = [...textless, ...reader.failures, ...emptyPaths(paths, layout, reader.passedOver)];
  const unique = withoutDoubles(reader.objects, failures);
  return {
    objects: unique.filter(({ manifest }) => !isIgnored(manifest)),
    skipped: unique.filter(({ manifest }) => isIgnored(manifest)),
    failures,
    passedOver: [...reader.passedOver, ...charts.passedOver],
    chartsOfOthers: charts.passedOver.map(({ subject }) => subject),
    keptReleases: await charts.keptReleases(layout.charts),
    secrets: reader.secrets.flat(),
    unplaced,
  };
}

/** Paths in which every file is another program's: what they held is not to be taken for gone. */
function emptyPaths(
  paths: readonly string[],
  { files, kustomizations, charts }: Discovered,
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
