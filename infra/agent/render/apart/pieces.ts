import { measure } from '../budget.ts';
import type { RenderedObject } from '../rendered.ts';

/** So much is taken in at once, about: whoever takes it has other things to do. */
const PIECE_CHARACTERS = 256 * 1024;

/** The objects in groups of a size. */
export function* inPieces(objects: readonly RenderedObject[]): Generator<readonly RenderedObject[]> {
  let piece: RenderedObject[] = [];
  let characters = 0;
  for (const object of objects) {
    piece.push(object);
    characters += measure(object.manifest).characters;
    if (characters > PIECE_CHARACTERS) {
      yield piece;
      piece = [];
      characters = 0;
    }
  }
  if (piece.length > 0) {
    yield piece;
  }
}
