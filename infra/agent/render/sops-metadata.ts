import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isNode, isScalar, parseAllDocuments } from 'yaml';
import { SluiceError } from '../../../shared/errors.ts';
import { isRecord } from './record.ts';

/** What SOPS needs of its metadata to decrypt and to check, beside the keys (getsops/sops, stores/stores.go). */
const FIELDS = [
  ...['lastmodified', 'mac', 'version', 'shamir_threshold', 'mac_only_encrypted'],
  ...['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'],
  ...['unencrypted_comment_regex', 'encrypted_comment_regex'],
];
/** Keys that SOPS would ask a server or another program for. */
const ASKED_FOR = ['kms', 'gcp_kms', 'azure_kv', 'hckms', 'hc_vault', 'pgp'];
const NAME = 'sops';

/** What YAML 1.1 ends a line with and YAML 1.2 does not: behind one, SOPS might see metadata that is none here. */
const ODD_LINE_END = /[\u0085\u2028\u2029]|\r(?!\n)/;

/**
 * Gives an encrypted text with no keys in its metadata but those of age, so that SOPS has nothing to ask a server for.
 * All else stays byte for byte; the metadata is no part of what is signed.
 *
 * @throws SluiceError `render-failed` where there is no key of age, or the text cannot be understood for sure
 */
export function withAgeKeysAlone(text: string): string {
  if (ODD_LINE_END.test(text)) {
    throw refused('lines that end as in all YAML', 'another line end');
  }
  const documents = parsed(text);
  const edits = documents.flatMap((document) => editOf(document, text));
  if (!edits.some(({ metadata }) => hasAgeKeys(metadata))) {
    throw withoutAge(documents);
  }
  const edited = edits.reduceRight((all, { from, to, put }) => all.slice(0, from) + put + all.slice(to), text);
  if (!isDeepStrictEqual(parsed(edited).map(contentOf), documents.map(expectedOf))) {
    throw refused('metadata that can be told from the rest', 'something else');
  }
  return edited;
}

interface Edit {
  readonly metadata: Record<string, unknown>;
  readonly from: number;
  readonly to: number;
  readonly put: string;
}

function editOf({ contents }: Document, text: string): readonly Edit[] {
  const pairs = isMap(contents) ? contents.items : [];
  // Some versions of SOPS read names of JSON in any case.
  const named = pairs.filter(({ key }) => isScalar(key) && String(key.value).toUpperCase() === NAME.toUpperCase());
  const [pair] = named;
  if (pair === undefined) {
    return [];
  }
  const range = isNode(pair.value) ? pair.value.range : undefined;
  if (named.length > 1 || !isScalar(pair.key) || pair.key.value !== NAME || !isMap(pair.value) || !range) {
    throw refused('one mapping sops', 'another');
  }
  const metadata = ageMetadata(pair.value.toJSON());
  const [from, to] = range;
  return [{ metadata, from, to, put: JSON.stringify(metadata) + (text[to - 1] === '\n' ? '\n' : '') }];
}

function ageMetadata(value: unknown): Record<string, unknown> {
  const written = isRecord(value) ? value : {};
  const kept = Object.fromEntries(FIELDS.flatMap((name) => (name in written ? [[name, written[name]]] : [])));
  const groups = written['key_groups'];
  return {
    ...kept,
    ...('age' in written && { age: written['age'] }),
    // A group that none of ours opens is counted all the same.
    ...(Array.isArray(groups) && { key_groups: groups.map((group: unknown) => ({ age: ageOf(group) })) }),
  };
}

function ageOf(group: unknown): readonly unknown[] {
  return isRecord(group) && Array.isArray(group['age']) ? group['age'] : [];
}

function hasAgeKeys(metadata: Record<string, unknown>): boolean {
  const groups = metadata['key_groups'];
  return [metadata, ...(Array.isArray(groups) ? groups : [])].some((one) => ageOf(one).length > 0);
}

function contentOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw refused('YAML or JSON', 'another text', cause);
  }
}

function expectedOf(document: Document): unknown {
  const value = contentOf(document);
  return isRecord(value) && NAME in value ? { ...value, [NAME]: ageMetadata(value[NAME]) } : value;
}

function parsed(text: string): readonly Document[] {
  const documents = parseAllDocuments(text, { merge: false, logLevel: 'silent' });
  const readable = Array.isArray(documents) ? documents : [];
  if (readable.some(({ errors }) => errors.length > 0)) {
    throw refused('YAML or JSON', 'another text');
  }
  return readable;
}

function withoutAge(documents: readonly Document[]): SluiceError {
  const metadata = documents.map(contentOf).map((value) => (isRecord(value) ? value[NAME] : undefined));
  const found = ASKED_FOR.filter((name) =>
    metadata.some((one) => {
      const keys = isRecord(one) ? one[name] : undefined;
      return Array.isArray(keys) && keys.length > 0;
    }),
  );
  return new SluiceError({
    code: 'render-failed',
    subject: 'SOPS',
    expected: 'a key of age among those that it was encrypted with',
    found: found.join(', ') || 'none',
    next: 'Add an age recipient with sops rotate --add-age: other services are not asked for keys.',
  });
}

function refused(expected: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({ code: 'render-failed', subject: 'SOPS', expected, found, cause });
}
