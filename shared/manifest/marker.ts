import { isPair, isScalar, isSeq, type Node, type Pair, type Scalar, visit } from 'yaml';
import { MAX_DEPTH, MAX_NAME, MAX_SITES, ManifestLimitError } from './limits.ts';
import type { Part } from './part.ts';
import type { ImagePart, Marker } from './site.ts';

/** A scalar with a marker comment behind it. */
export interface MarkedScalar {
  readonly node: Scalar;
  readonly marker: Marker;
  readonly part: ImagePart;
  /** The names and indices that lead to it from the document: `['spec', 'values', 'image', 'tag']`. */
  readonly path: readonly (string | number)[];
}

interface Setter {
  /** What a tool calls its setters. */
  readonly key: string;
  readonly dialect: string;
  /** How what stands behind it names a policy, and a part of an image. */
  readonly name: RegExp;
  /** Does its digest stand for the whole image, with a digest? */
  readonly isDigestWhole: boolean;
}

const SETTERS: readonly Setter[] = [
  {
    key: '$imagepolicy',
    dialect: 'flux-v2',
    // Names of Kubernetes have no colon.
    name: /^(?<policy>[^:]*:[^:]*)(?::(?<part>tag|name|digest))?$/,
    isDigestWhole: false,
  },
  {
    key: '$imagescan',
    dialect: 'fleet',
    name: /^(?<policy>.*?)(?::(?<part>tag|name|digest))?$/s,
    // https://github.com/rancher/fleet/blob/main/internal/cmd/controller/imagescan/update/setters.go digestSetter
    isDigestWhole: true,
  },
];

/** Does this text have a marker in it? */
export function hasMarkers(text: string): boolean {
  return SETTERS.some(({ key }) => text.includes(key));
}

/**
 * The scalars of a document that marker comments stand behind, in their order. A comment belongs to the last scalar
 * before it on its line.
 *
 * @throws ManifestLimitError
 * @see https://github.com/kubernetes-sigs/kustomize/blob/master/kyaml/fieldmeta/fieldmeta.go
 */
export function markersIn(document: Node | null, { text }: Part): readonly MarkedScalar[] {
  const found: MarkedScalar[] = [];
  if (document === null) {
    return found;
  }
  visit(document, {
    Scalar(key, node, ancestors) {
      const read = key === 'key' ? undefined : markerBehind(node, text);
      if (found.length > MAX_SITES) {
        throw new ManifestLimitError(`more than ${MAX_SITES} marker comments`);
      }
      if (read !== undefined) {
        found.push({ ...read, node, path: pathTo(node, ancestors) });
      }
    },
  });
  return found;
}

/** What may close a flow collection, and the comment. */
const TAIL = /^[ \t,\]}]*#[ \t]*(\{.*\})[ \t]*$/;

function markerBehind({ range, type }: Scalar, text: string): Pick<MarkedScalar, 'marker' | 'part'> | undefined {
  // What stands behind a block is the next line.
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') {
    return undefined;
  }
  const end = range?.[1] ?? text.length;
  const lineEnd = text.indexOf('\n', end);
  const tail = text.slice(end, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
  const [, json] = tail.length > MAX_NAME ? [] : (TAIL.exec(tail) ?? []);
  return json === undefined ? undefined : readMarker(json);
}

/** Undefined for a comment that is no marker; one that names a policy in no known way has the whole of it as its name. */
function readMarker(json: string): Pick<MarkedScalar, 'marker' | 'part'> | undefined {
  const value = parseJson(json);
  const setter = SETTERS.find(({ key }) => typeof value?.[key] === 'string');
  if (setter === undefined) {
    return undefined;
  }
  const written = String(value?.[setter.key]);
  const { policy = written, part = 'whole' } = setter.name.exec(written)?.groups ?? {};
  const pins = setter.isDigestWhole && part === 'digest';
  return {
    marker: { dialect: setter.dialect, policy, ...(pins && { pins }) },
    part: pins ? 'whole' : (part as ImagePart),
  };
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function pathTo(node: Node, ancestors: readonly unknown[]): readonly (string | number)[] {
  return [...ancestors, node].slice(0, MAX_DEPTH * 2).flatMap((one, index, all): (string | number)[] => {
    if (isPair(one)) {
      return [nameOf(one)];
    }
    return isSeq(one) ? [one.items.indexOf(all[index + 1])] : [];
  });
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '?';
}

/** `spec.values.images[0].tag` */
export function printPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') {
      return `${text}[${step}]`;
    }
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
