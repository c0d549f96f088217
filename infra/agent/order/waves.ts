import type { Phase } from '../apply/hooks.ts';
import { withNeeds } from '../apply/needs.ts';
import type { Manifest } from '../manifest.ts';
import { comparePositions, printPosition, type SyncPosition, syncPositions } from './sync-position.ts';

/** Objects that are applied together, and are healthy before the next ones are. */
export interface Wave<T> {
  /** `wave -1`, `PreSync, wave 0`, `PostSync, wave 2` */
  readonly name: string;
  readonly phase: Phase;
  readonly objects: readonly T[];
}

/** Objects in waves, and those of which it is not known into which. */
export interface Waves<T> {
  readonly waves: readonly Wave<T>[];
  /** What is applied where one of these fails. */
  readonly onFailure: readonly Wave<T>[];
  /** Of which nobody knows where they belong: nothing of their phase or a later one may go before them. */
  readonly invalid: readonly { readonly object: T; readonly phase: Phase; readonly reason: string }[];
}

/**
 * Splits objects into waves: by Argo CD's phases, then by its sync waves. Most revisions are one wave. A hook of several
 * phases is in a wave of each; what others need, a namespace or a definition, comes with the first of them.
 */
export function intoWaves<T>(objects: readonly T[], manifestOf: (object: T) => Manifest): Waves<T> {
  const places = new Map<T, readonly SyncPosition[]>();
  const invalid: Waves<T>['invalid'][number][] = [];
  for (const object of objects) {
    const found = syncPositions(manifestOf(object));
    if ('invalid' in found) {
      invalid.push({ object, phase: found.phase, reason: found.invalid });
    } else {
      places.set(object, found.places);
    }
  }
  const all = [...withNeeds(places, manifestOf)].flatMap(([object, at]) => at.map((place) => ({ object, place })));
  const waves = [...Map.groupBy(all, ({ place }) => printPosition(place))].flatMap(([name, members]) => {
    const [first] = members;
    return first === undefined ? [] : [{ name, place: first.place, objects: members.map(({ object }) => object) }];
  });
  const inOrder = waves
    .toSorted((a, b) => comparePositions(a.place, b.place))
    .map(({ name, place: { phase }, objects: members }) => ({ name, phase, objects: members }));
  return {
    waves: inOrder.filter(({ phase }) => phase !== 'SyncFail'),
    onFailure: inOrder.filter(({ phase }) => phase === 'SyncFail'),
    invalid,
  };
}

/** All objects of some waves, each once. */
export function objectsOf<T>(waves: readonly Wave<T>[]): readonly T[] {
  return [...new Set(waves.flatMap(({ objects }) => objects))];
}
