import { type Document, isMap, isNode, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { messageOf } from '../../../shared/errors.ts';
import type { Manifest } from '../manifest.ts';
import { keepsVariables } from './annotations.ts';
import type { RenderedObject, RenderFailure } from './rendered.ts';
import { type Decrypt, isEncrypted, isStillEncrypted } from './sops.ts';
import { fillIn } from './variables.ts';

/** Text with manifests: of a file, or written by a renderer. */
export interface ManifestText {
  /** The file or folder that it is of. */
  readonly subject: string;
  readonly text: string;
  readonly format: 'yaml' | 'json';
  /** A renderer has changed what SOPS signed, and put several files into one text. */
  readonly isRendered: boolean;
  /** Where an object stands, by its line and by the comment above its document. */
  readonly placeOf: (line: number, comment: string) => string;
}

/** How a text is read. */
export interface ReadOptions {
  readonly decrypt: Decrypt;
  /** Undefined where `${…}` is text. */
  readonly variables: ReadonlyMap<string, string> | undefined;
}

/** What a text holds. A document that cannot be read does not stop the others. */
export interface ReadManifests {
  readonly objects: readonly RenderedObject[];
  readonly failures: readonly RenderFailure[];
}

interface Reading {
  readonly document: Document;
  readonly placeAt: (offset: number) => string;
  readonly isDecrypted: boolean;
}

/** Reads the objects of a text: decrypts, fills in variables, and takes lists apart. */
export async function readManifests(text: ManifestText, options: ReadOptions): Promise<ReadManifests> {
  const failures: RenderFailure[] = [];
  const readings = await decrypted(parseText(text), text, options.decrypt, failures);
  const objects = readings.flatMap((reading) => {
    const { document, placeAt, isDecrypted } = reading;
    const [error] = document.errors;
    if (error !== undefined) {
      const reason = isDecrypted ? 'what SOPS decrypted is not YAML' : (error.message.split('\n', 1)[0] ?? '');
      failures.push({ subject: placeAt(error.pos[0]), reason });
      return [];
    }
    return isNode(document.contents) ? objectsOf(document.contents, reading, options.variables, failures) : [];
  });
  return { objects, failures };
}

function parseText({ text, placeOf }: Pick<ManifestText, 'text' | 'placeOf'>): readonly Reading[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
  return (Array.isArray(documents) ? documents : []).map((document: Document) => {
    const comment = document.commentBefore ?? document.contents?.commentBefore ?? '';
    return { document, isDecrypted: false, placeAt: (offset) => placeOf(lines.linePos(offset).line, comment) };
  });
}

/** A file is decrypted whole, as it was signed; of rendered text each document by itself, its signature aside. */
async function decrypted(
  readings: readonly Reading[],
  { text, format, isRendered }: ManifestText,
  decrypt: Decrypt,
  failures: RenderFailure[],
): Promise<readonly Reading[]> {
  const locked = readings.filter(({ document }) => document.errors.length === 0 && isEncrypted(document));
  const open = async (source: string, sources: readonly Reading[]): Promise<readonly Reading[]> => {
    try {
      const clear = await decrypt(source, format, { isSigned: !isRendered });
      return parseText({ text: clear, placeOf: () => '' }).map(({ document }, index) => {
        const place = startOf(sources[index] ?? sources[0]);
        return { document, isDecrypted: true, placeAt: () => place };
      });
    } catch (error) {
      failures.push({ subject: startOf(sources[0]), reason: messageOf(error) });
      return [];
    }
  };
  if (locked.length === 0) {
    return readings;
  }
  if (!isRendered) {
    return open(text, readings);
  }
  const parts: Reading[] = [];
  for (const reading of readings) {
    parts.push(...(locked.includes(reading) ? await open(reading.document.toString(), [reading]) : [reading]));
  }
  return parts;
}

function startOf(reading: Reading | undefined): string {
  return reading?.placeAt(reading.document.contents?.range?.[0] ?? 0) ?? '';
}

function objectsOf(
  node: Node,
  reading: Reading,
  variables: ReadonlyMap<string, string> | undefined,
  failures: RenderFailure[],
): readonly RenderedObject[] {
  const { document, placeAt } = reading;
  const place = placeAt(node.range?.[0] ?? 0);
  const fail = (reason: string, subject = place) => {
    failures.push({ subject, reason });
    return [];
  };
  try {
    const written: unknown = node.toJS(document);
    if (written === null || written === undefined) {
      return [];
    }
    const items = itemsOf(node, written);
    if (items !== undefined) {
      return items.flatMap((item) => objectsOf(item, reading, variables, failures));
    }
    if (variables !== undefined && !keepsItsVariables(written)) {
      const faults = fillIn(node, variables);
      if (faults.length > 0) {
        return faults.flatMap(({ reason, offset }) => fail(reason, placeAt(offset)));
      }
    }
    const value: unknown = variables === undefined ? written : node.toJS(document);
    if (!isManifest(value)) {
      return fail('expected apiVersion, kind and metadata.name');
    }
    return isStillEncrypted(value)
      ? fail('a value is still encrypted by SOPS: only objects are decrypted, not what generators and charts read')
      : [{ manifest: value, place }];
  } catch (cause) {
    return fail(reading.isDecrypted ? 'what SOPS decrypted cannot be read' : messageOf(cause));
  }
}

function itemsOf(node: Node, value: unknown): readonly Node[] | undefined {
  if (!isRecord(value) || !String(value['kind']).endsWith('List') || !Array.isArray(value['items'])) {
    return undefined;
  }
  const items: unknown = isMap(node) ? node.get('items', true) : undefined;
  return isSeq(items) ? items.items.filter(isNode) : undefined;
}

function keepsItsVariables(value: unknown): boolean {
  const metadata = isRecord(value) ? value['metadata'] : undefined;
  return isRecord(metadata) && keepsVariables(metadata);
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
