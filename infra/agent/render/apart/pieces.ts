import { measure } from '../budget.ts';
import type { RenderedObject } from '../rendered-object.ts';
import type { TextPiece } from './messages.ts';

/** So much is taken in at once, about: whoever takes it has other things to do. */
const PIECE_CHARACTERS = 256 * 1024;

/** What a text holds, or what was told of it so far. */
export interface TextParts {
  readonly objects: readonly RenderedObject[];
  /** Their characters, about, where they were counted. */
  readonly size?: number | undefined;
  /** What of it is secret, where all of it was read without a failure. */
  readonly secrets?: readonly string[] | undefined;
}

/** Puts small texts together into messages of a size, and a large one into several. */
export class Packer {
  #pieces: TextPiece[] = [];
  #characters = 0;

  /** Adds a text; gives the messages that are full by it. */
  *add(key: string, text: TextParts): Generator<readonly TextPiece[]> {
    for (const { piece, characters } of piecesOf(key, text)) {
      this.#pieces.push(piece);
      this.#characters += characters;
      if (this.#characters > PIECE_CHARACTERS) {
        yield* this.rest();
      }
    }
  }

  /** What is left over, if anything. */
  *rest(): Generator<readonly TextPiece[]> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#characters = 0;
    if (pieces.length > 0) {
      yield pieces;
    }
  }
}

interface SizedPiece {
  readonly piece: TextPiece;
  readonly characters: number;
}

/** What of a text is secret comes with the last of it. */
function* piecesOf(key: string, { objects, secrets, size }: TextParts): Generator<SizedPiece> {
  if (size !== undefined && size <= PIECE_CHARACTERS) {
    yield { piece: [key, objects, size, secrets], characters: size };
    return;
  }
  let items: RenderedObject[] = [];
  let characters = 0;
  for (const object of objects) {
    items.push(object);
    characters += measure(object.manifest).characters;
    if (characters > PIECE_CHARACTERS) {
      yield { piece: [key, items, characters, undefined], characters };
      items = [];
      characters = 0;
    }
  }
  yield { piece: [key, items, characters, secrets], characters };
}

/** A text of which pieces have come: all that was told of it so far. */
export function joined(before: TextParts | undefined, [, objects, size, secrets]: TextPiece): TextParts {
  return {
    objects: before === undefined ? objects : [...before.objects, ...objects],
    size: (before?.size ?? 0) + size,
    secrets,
  };
}
