import { LineCounter, parseAllDocuments } from 'yaml';
import { messageOf } from '../../../shared/errors.ts';
import { idOf, keyOf, type Manifest, printId } from '../manifest.ts';

/** A text file of the revision. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** An object, and where it is written. */
export interface RenderedObject {
  readonly manifest: Manifest;
  /** `k8s/deploy.yml:3` */
  readonly place: string;
}

/** What a revision asks for. With a failure, what is missing may be asked for too: nothing is pruned then. */
export interface Rendered {
  readonly objects: readonly RenderedObject[];
  /** Objects that say they are none of our business. */
  readonly skipped: readonly RenderedObject[];
  readonly failures: readonly RenderFailure[];
}

export interface RenderFailure {
  /** A file and line, or an object. */
  readonly subject: string;
  readonly reason: string;
}

/** Annotations that say "leave this object alone", with the values that mean it. */
const IGNORE: Readonly<Record<string, readonly string[]>> = {
  'sluice.dev/ignore': ['true'],
  'fluxcd.io/ignore': ['true'],
  'flux.weave.works/ignore': ['true'],
  'kustomize.toolkit.fluxcd.io/reconcile': ['disabled'],
};

/** Reads the objects of plain YAML and JSON files. A document that cannot be read does not stop the others. */
export function renderFiles(files: readonly SourceFile[]): Rendered {
  const failures: RenderFailure[] = [];
  const found = files.flatMap((file) => readFile(file, failures));
  const places = new Map<string, string>();
  const unique = found.filter(({ manifest, place }) => {
    const key = keyOf(idOf(manifest));
    const first = places.get(key);
    if (first !== undefined) {
      failures.push({ subject: printId(idOf(manifest)), reason: `stands in ${first} and again in ${place}` });
      return false;
    }
    places.set(key, place);
    return true;
  });
  return {
    objects: unique.filter(({ manifest }) => !isIgnored(manifest)),
    skipped: unique.filter(({ manifest }) => isIgnored(manifest)),
    failures,
  };
}

function readFile({ path, text }: SourceFile, failures: RenderFailure[]): readonly RenderedObject[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
  return (Array.isArray(documents) ? documents : []).flatMap((document) => {
    const at = document.errors[0]?.pos[0] ?? document.contents?.range?.[0] ?? 0;
    const place = `${path}:${lines.linePos(at).line}`;
    const [error] = document.errors;
    if (error !== undefined) {
      failures.push({ subject: place, reason: error.message.split('\n', 1)[0] ?? '' });
      return [];
    }
    try {
      return objectsOf(document.toJS(), place, failures);
    } catch (cause) {
      failures.push({ subject: place, reason: messageOf(cause) });
      return [];
    }
  });
}

function objectsOf(value: unknown, place: string, failures: RenderFailure[]): readonly RenderedObject[] {
  if (value === null || value === undefined) {
    return [];
  }
  if (isRecord(value) && String(value['kind']).endsWith('List') && Array.isArray(value['items'])) {
    return value['items'].flatMap((item) => objectsOf(item, place, failures));
  }
  if (!isManifest(value)) {
    failures.push({ subject: place, reason: 'expected apiVersion, kind and metadata.name' });
    return [];
  }
  return [{ manifest: value, place }];
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isRecord(value['metadata']) &&
    typeof value['metadata']['name'] === 'string'
  );
}

function isIgnored({ metadata }: Manifest): boolean {
  return Object.entries(IGNORE).some(([name, values]) => values.includes(metadata.annotations?.[name] ?? ''));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
