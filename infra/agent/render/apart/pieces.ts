import { measure } from '../budget.ts';
import type { RememberedText } from '../memory.ts';
import type { RenderedObject } from '../rendered.ts';
import type { RememberedPiece } from './messages.ts';

/** So much is taken in at once, about: whoever takes it has other things to do. */
const PIECE_CHARACTERS = 256 * 1024;

/** The objects in groups of a size. */
export function* inPieces(objects: readonly RenderedObject[]): Generator<readonly RenderedObject[]> {
  for (const { items } of grouped(objects, charactersOf)) {
    yield items;
  }
}

/** Texts in groups of a size, a large one in several. */
export function* rememberedPieces(
  texts: Iterable<readonly [string, RememberedText]>,
): Generator<readonly RememberedPiece[]> {
  for (const { items } of grouped(piecesOf(texts), ({ characters }) => characters)) {
    yield items.map(({ piece }) => piece);
  }
}

interface SizedPiece {
  readonly piece: RememberedPiece;
  readonly characters: number;
}

function* piecesOf(texts: Iterable<readonly [string, RememberedText]>): Generator<SizedPiece> {
  for (const [key, { objects, secrets }] of texts) {
    let told: readonly string[] = secrets;
    for (const { items, characters } of grouped(objects, charactersOf)) {
      yield { piece: [key, items, told], characters };
      told = [];
    }
  }
}

function charactersOf({ manifest }: RenderedObject): number {
  return measure(manifest).characters;
}

interface Group<T> {
  readonly items: readonly T[];
  readonly characters: number;
}

function* grouped<T>(all: Iterable<T>, sizeOf: (item: T) => number): Generator<Group<T>> {
  let items: T[] = [];
  let characters = 0;
  for (const item of all) {
    items.push(item);
    characters += sizeOf(item);
    if (characters > PIECE_CHARACTERS) {
      yield { items, characters };
      items = [];
      characters = 0;
    }
  }
  if (items.length > 0) {
    yield { items, characters };
  }
}
