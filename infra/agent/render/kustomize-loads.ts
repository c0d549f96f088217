import { isRecord } from './record.ts';

/** A place that kustomize loads, as a file names it. */
export interface Load {
  /** `patches` */
  readonly field: string;
  /** Of the file or folder; of what may stand in its place, the text itself. */
  readonly path: string;
  /** What may be there: a folder of these is a kustomization. */
  readonly as: 'file' | 'resource' | 'plugin';
  /** Where it is named in the document, for messages. */
  readonly at: readonly (string | number)[];
}

/** A value where kustomize expects the text of a path. */
export class NoPathError extends Error {
  readonly at: Load['at'];

  constructor(at: Load['at']) {
    super(`${at[0]}: expected the path of a file or folder as text`);
    this.at = at;
  }
}

/** How a field names places: itself or its items, or below each of its items. */
type Shape = Load['as'] | 'files' | { readonly [field: string]: Shape };

const GENERATOR: Shape = { files: 'files', envs: 'file', env: 'file' };
const PATH: Shape = { path: 'file' };

/**
 * The fields of a kustomization by which its loader reads, of kustomize 5.8 (api/types/kustomization.go and
 * api/internal/target). Charts are not among them: without `--enable-helm` kustomize refuses them unread.
 */
const KUSTOMIZATION: Readonly<Record<string, Shape>> = {
  resources: 'resource',
  bases: 'resource',
  components: 'resource',
  generators: 'plugin',
  transformers: 'plugin',
  validators: 'plugin',
  crds: 'file',
  configurations: 'file',
  patchesStrategicMerge: 'file',
  patches: PATH,
  patchesJson6902: PATH,
  replacements: PATH,
  openapi: PATH,
  configMapGenerator: GENERATOR,
  secretGenerator: GENERATOR,
};

/** Those by which it reads nothing, and what they say is not where something is. */
const OTHER_FIELDS = [
  ...['apiVersion', 'kind', 'metadata', 'namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels'],
  ...['commonAnnotations', 'images', 'imageTags', 'replicas', 'vars', 'sortOptions', 'generatorOptions'],
  ...['buildMetadata', 'helmGlobals', 'helmCharts', 'helmChartInflationGenerator'],
];

/**
 * The fields by which built-in generators and transformers read (api/internal/builtins), of whichever kind: a field
 * that only another kind has is looked at too, which costs nothing.
 */
const PLUGIN: Readonly<Record<string, Shape>> = {
  ...{ files: 'files', envs: 'file', env: 'file' },
  ...{ path: 'file', paths: 'file', replacements: PATH, targetFilePath: 'file', argsFromFile: 'file' },
  ...{ valuesFile: 'file', additionalValuesFiles: 'file' },
};

/** The places that a kustomization loads. @throws NoPathError */
export function loadsOfKustomization(value: unknown): readonly Load[] {
  return loadsBelow(value, KUSTOMIZATION, []);
}

/** The places that the configuration of a generator, transformer or validator loads. @throws NoPathError */
export function loadsOfPlugin(value: unknown): readonly Load[] {
  const items = isRecord(value) && Array.isArray(value['items']) ? value['items'] : [];
  return [...loadsBelow(value, PLUGIN, []), ...items.flatMap(loadsOfPlugin)];
}

/** Is this a kustomization of which all fields are known, so that nothing is loaded that is not named above? */
export function isWhollyKnown(value: unknown): boolean {
  const known = new Set([...Object.keys(KUSTOMIZATION), ...OTHER_FIELDS].map(folded));
  return isRecord(value) && Object.keys(value).every((name) => known.has(folded(name)));
}

/** Is it a list of resources and nothing else? */
export function isPlainList(value: unknown): boolean {
  const plain = new Set(['apiversion', 'kind', 'metadata', 'resources', 'bases']);
  return isRecord(value) && Object.keys(value).every((name) => plain.has(folded(name)));
}

/** Whichever of two values a reader takes where keys are merged, both are looked at. */
const MERGE = '<<';

/** @param top the field that people look for, where it is further up */
function loadsBelow(
  value: unknown,
  shapes: Readonly<Record<string, Shape>>,
  at: Load['at'],
  top?: string,
): readonly Load[] {
  if (!isRecord(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, inside]) => {
    if (name === MERGE) {
      return [inside].flat().flatMap((one) => loadsBelow(one, shapes, at, top));
    }
    const field = Object.keys(shapes).find((one) => folded(one) === folded(name));
    const shape = field === undefined ? undefined : shapes[field];
    return field === undefined || shape === undefined ? [] : loadsOf(inside, shape, top ?? field, [...at, name]);
  });
}

function loadsOf(value: unknown, shape: Shape, field: string, at: Load['at']): readonly Load[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => loadsOf(item, shape, field, [...at, index]));
  }
  if (value === null || value === undefined) {
    return [];
  }
  if (typeof shape === 'object') {
    return loadsBelow(value, shape, at, field);
  }
  if (typeof value !== 'string') {
    throw new NoPathError(at);
  }
  return [shape === 'files' ? { field, path: fileOf(value), as: 'file', at } : { field, path: value, as: shape, at }];
}

/** A generator's file may be `key=file`. */
function fileOf(source: string): string {
  const parts = source.split('=');
  return parts.length === 2 ? (parts[1] ?? '') : source;
}

/** Names are read by Go's encoding/json, which takes them in any case and folds two letters of other alphabets. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
