import { measure } from '../budget.ts';
import type { RememberedText } from '../memory.ts';
import type { RenderedObject } from '../rendered.ts';
import type { RememberedPiece } from './messages.ts';

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

/** Texts in groups of a size, a large one in several. */
export function* rememberedPieces(
  texts: Iterable<readonly [string, RememberedText]>,
): Generator<readonly RememberedPiece[]> {
  let group: RememberedPiece[] = [];
  let characters = 0;
  for (const [key, { objects, secrets }] of texts) {
    for (const [index, piece] of [...inPieces(objects)].entries()) {
      group.push([key, piece, index === 0 ? secrets : []]);
      characters += piece.reduce((sum, { manifest }) => sum + measure(manifest).characters, 0);
      if (characters > PIECE_CHARACTERS) {
        yield group;
        group = [];
        characters = 0;
      }
    }
  }
  if (group.length > 0) {
    yield group;
  }
}
