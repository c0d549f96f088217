import type { Captures, Pattern } from './pattern.ts';

type TemplatePart = string | { readonly group: number } | { readonly name: string };

/** `$` and the name behind it, in braces or as long as it can be. */
const VARIABLE = /\$(?:\$|\{(?<braced>[\p{L}\p{Nd}_]+)\}|(?<bare>[\p{L}\p{Nd}_]+))/gu;
/** A name that is the number of a group. */
const NUMBER = /^(?:0|[1-9]\d{0,8})$/;

/**
 * A template of Go's `Regexp.Expand`, as Flux v2's `extract` is one: `$1`, `${1}`, `$name`, `${name}`, and `$$` for a
 * `$`. A name is as long as it can be: `$1x` is the group named `1x`, and what no group has the name of is empty.
 *
 * @see https://pkg.go.dev/regexp#Regexp.Expand
 */
export class Template {
  readonly #parts: readonly TemplatePart[];

  constructor(text: string) {
    const parts: TemplatePart[] = [];
    let end = 0;
    for (const match of text.matchAll(VARIABLE)) {
      const { braced, bare } = match.groups ?? {};
      parts.push(text.slice(end, match.index), partOf(braced ?? bare));
      end = match.index + match[0].length;
    }
    this.#parts = [...parts, text.slice(end)].filter((part) => part !== '');
  }

  /** The text, with what the groups hold. */
  expand(captures: Captures, names: ReadonlyMap<string, number>): string {
    let text = '';
    for (const part of this.#parts) {
      text += typeof part === 'string' ? part : (captures[groupOf(part, names) ?? Number.NaN] ?? '');
    }
    return text;
  }

  /** The first name or number of a group that a pattern does not have; undefined where it has each. */
  unknownGroup({ groups, names }: Pick<Pattern, 'groups' | 'names'>): string | undefined {
    return this.#parts.flatMap((part) => {
      if (typeof part === 'string' || ('name' in part ? names.has(part.name) : part.group <= groups)) {
        return [];
      }
      return 'name' in part ? part.name : `${part.group}`;
    })[0];
  }
}

function groupOf(part: Exclude<TemplatePart, string>, names: ReadonlyMap<string, number>): number | undefined {
  return 'name' in part ? names.get(part.name) : part.group;
}

function partOf(name: string | undefined): TemplatePart {
  if (name === undefined) {
    return '$';
  }
  return NUMBER.test(name) ? { group: Number(name) } : { name };
}
