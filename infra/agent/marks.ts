import type { ManagedFields } from './cluster/api-types.ts';

const PLACES = ['labels', 'annotations'] as const;
const NONE = {};

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
  return PLACES.flatMap((place) =>
    Object.keys(metadata[place] ?? NONE)
      .filter((name) => Object.hasOwn(table, name))
      .flatMap((name) => {
        const value = textIn(metadata[place], name);
        return value !== undefined && table[name]?.(value) === true ? [{ in: place, name, value }] : [];
      }),
  );
}

/** Has an object such a mark? */
export function isMarked(metadata: Marked, table: Marks): boolean {
  return marksOf(metadata, table).length > 0;
}

/** The value of a mark, of whichever meaning; an annotation is asked before a label. */
export function textOf({ annotations, labels }: Marked, name: string): string | undefined {
  return textIn(annotations, name) ?? textIn(labels, name);
}

/** Labels and annotations may be anything in a manifest, `true` without quotes among them. */
function textIn(marks: unknown, name: string): string | undefined {
  if (typeof marks !== 'object' || marks === null || !Object.hasOwn(marks, name)) {
    return undefined;
  }
  const value = (marks as Readonly<Record<string, string | number | boolean | object | null>>)[name];
  return typeof value === 'object' ? undefined : String(value);
}
