import type { ManagedFields } from './cluster/cluster.ts';

/** Tells by a mark's value whether it means what its table is about. */
export type Means = (value: string) => boolean;

/** By the mark's exact name. */
export type Marks = Readonly<Record<string, Means>>;

/** Labels and annotations, of a manifest or a live object. */
export interface Marked {
  readonly labels?: unknown;
  readonly annotations?: unknown;
  readonly managedFields?: readonly ManagedFields[];
}

/** A mark that an object has. */
export interface Mark {
  readonly in: 'labels' | 'annotations';
  readonly name: string;
  readonly value: string;
}

/** In any case, as Flux and Helm read their values. */
export const is =
  (wanted: string): Means =>
  (value) =>
    value.trim().toLowerCase() === wanted.toLowerCase();

/** Of values with commas, one is. */
export const lists =
  (wanted: string): Means =>
  (value) =>
    value.split(',').some(is(wanted));

/**
 * The marks of an object that a table knows and that mean what it is about. Labels count as annotations do, as with
 * Flux: https://github.com/fluxcd/pkg/blob/main/ssa/utils/utils.go `AnyInMetadata`
 */
export function marksOf(metadata: Marked, table: Marks): readonly Mark[] {
  return (['labels', 'annotations'] as const).flatMap((place) =>
    textsOf(metadata[place]).flatMap(([name, value]) =>
      Object.hasOwn(table, name) && table[name]?.(value) === true ? [{ in: place, name, value }] : [],
    ),
  );
}

/** Has an object such a mark? */
export function isMarked(metadata: Marked, table: Marks): boolean {
  return marksOf(metadata, table).length > 0;
}

/** The value of a mark, of whichever meaning; an annotation is asked before a label. */
export function textOf(metadata: Marked, name: string): string | undefined {
  return new Map([...textsOf(metadata.labels), ...textsOf(metadata.annotations)]).get(name);
}

/** Labels and annotations may be anything in a manifest, `true` without quotes among them. */
function textsOf(marks: unknown): readonly (readonly [string, string])[] {
  const values = typeof marks === 'object' && marks !== null ? Object.entries(marks) : [];
  return values.flatMap(([name, value]): readonly (readonly [string, string])[] =>
    typeof value === 'object' ? [] : [[name, String(value)]],
  );
}
