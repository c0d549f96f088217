import { messageOf } from '../../../shared/errors.ts';
import type { YamlLimits } from '../../../shared/yaml/limits.ts';
import { type DocumentRead, readDocuments } from './documents.ts';
import { lacksObjectWords } from './no-object.ts';
import type { RenderedObject, RenderFailure } from './rendered-object.ts';
import { decryptedValues } from './secret-values.ts';
import { type Decrypt, staysEncrypted } from './sops.ts';

/** Text with manifests: of a file, or written by a renderer. */
export interface ManifestText {
  /** The file or folder that it is of. */
  readonly subject: string;
  readonly text: string;
  readonly format: 'yaml' | 'json';
  /** A renderer has changed what SOPS signed, and put several files into one text. */
  readonly isRendered: boolean;
  /** Of a release: where its objects go that do not say. */
  readonly namespace?: string;
  /** Where an object stands, by its line and by the comment above its document. */
  readonly placeOf: (line: number, comment: string) => string;
}

/** How a text is read. */
export interface ReadOptions {
  readonly decrypt: Decrypt;
  /** Undefined where `${…}` is text. */
  readonly variables: ReadonlyMap<string, string> | undefined;
  /** Names of those that a Secret holds. */
  readonly secretVariables?: ReadonlySet<string> | undefined;
  readonly limits?: YamlLimits;
}

/** What a text holds. A document that cannot be read does not stop the others. */
export interface ReadManifests {
  readonly objects: readonly RenderedObject[];
  readonly failures: readonly RenderFailure[];
  /** What of it is secret. */
  readonly secrets: readonly string[];
  /** It is a file of another program, and no object is missed. */
  readonly isPassedOver?: boolean;
  /** Characters of the objects, about, where they were counted. */
  readonly size?: number;
}

/** Reads the objects of a text: decrypts, fills in variables, and takes lists apart. */
export async function readManifests(text: ManifestText, options: ReadOptions): Promise<ReadManifests> {
  const isFile = !text.isRendered;
  if (isFile && text.format === 'json' && lacksObjectWords(text.text)) {
    return PASSED_OVER;
  }
  const documents = readDocuments(text.text, { ...options, namespace: text.namespace });
  if (isFile && isOfAnotherProgram(documents)) {
    return PASSED_OVER;
  }
  const isLocked = documents.some(({ encrypted }) => encrypted !== undefined);
  if (isLocked && isFile) {
    // It is decrypted whole, as it was signed.
    return decrypted(text, text.text, documents, options);
  }
  const parts: ReadManifests[] = [];
  for (const document of documents) {
    const { encrypted } = document;
    parts.push(
      encrypted === undefined ? placed(text, document) : await decrypted(text, encrypted, [document], options),
    );
  }
  return joined(parts);
}

const PASSED_OVER: ReadManifests = { objects: [], failures: [], secrets: [], isPassedOver: true };

/** Does no document of a file say anything of being an object? One beside objects has lost its head. */
function isOfAnotherProgram(documents: readonly DocumentRead[]): boolean {
  const isEmpty = ({ objects, failures, encrypted }: DocumentRead) =>
    objects.length === 0 && failures.length === 0 && encrypted === undefined;
  return (
    documents.some(({ saysNoObject }) => saysNoObject) &&
    documents.every((one) => one.saysNoObject === true || isEmpty(one))
  );
}

/** @param documents of the source; what is decrypted stands where they do */
async function decrypted(
  text: ManifestText,
  source: string,
  documents: readonly DocumentRead[],
  { decrypt, ...options }: ReadOptions,
): Promise<ReadManifests> {
  const { format, isRendered, placeOf } = text;
  const places = documents.map(({ line, comment }) => placeOf(line, comment));
  try {
    const clear = await decrypt(source, format, { isSigned: !isRendered });
    const parts = readDocuments(clear, { ...options, namespace: text.namespace }).map(
      ({ objects, failures, secrets }, index): ReadManifests => {
        const before = documents[index];
        if (before?.objects.some(({ manifest }) => staysEncrypted(manifest)) === true) {
          // It was signed with the rest, and is not for us to open.
          return placed(text, before);
        }
        const place = places[index] ?? places[0] ?? '';
        return {
          objects: objects.map(({ manifest }) => ({ manifest, place, isSecret: true })),
          secrets,
          failures: failures.map(({ discreet }) => ({ subject: place, reason: `what SOPS decrypted ${discreet}` })),
        };
      },
    );
    return joined([...parts, { objects: [], failures: [], secrets: decryptedValues(source, clear) }]);
  } catch (error) {
    return { objects: [], failures: [{ subject: places[0] ?? '', reason: messageOf(error) }], secrets: [] };
  }
}

function placed({ placeOf }: ManifestText, { comment, objects, failures, secrets }: DocumentRead): ReadManifests {
  return {
    objects: objects.map(({ line, ...object }) => ({ ...object, place: placeOf(line, comment) })),
    secrets,
    failures: failures.map(({ line, reason }) => ({ subject: placeOf(line, comment), reason })),
  };
}

function joined(parts: readonly ReadManifests[]): ReadManifests {
  return {
    objects: parts.flatMap(({ objects }) => objects),
    failures: parts.flatMap(({ failures }) => failures),
    secrets: parts.flatMap(({ secrets }) => secrets),
  };
}
