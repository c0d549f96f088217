import { isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import { expand } from './expand.ts';

/** A place in an object where a variable cannot be filled in. */
export interface VariableFault {
  readonly reason: string;
  /** Of the text that was read. */
  readonly offset: number;
}

/**
 * Fields that are text whatever their value looks like, by their path in an object. Kustomize drops the quotes around
 * `"${PORT}"`, so that quotes alone cannot tell.
 */
const TEXT_FIELDS: readonly RegExp[] = [
  /^(metadata|data|stringData|binaryData)\./,
  /(^|\.)(labels|annotations|matchLabels|nodeSelector)\./,
  /\.env\.\d+\.value$/,
  /\.(args|command)\.\d+$/,
];

/** What may be more than text: numbers, truth values and null. */
const TYPED = /^[\w.+-]+$/;

/** Characters that variables may add to one object: more than an API server takes. */
const MAX_FILLED = 16 * 1024 * 1024;

/**
 * Fills variables into the keys and values of an object, in place. A value that is one variable and not quoted becomes
 * what YAML makes of it: `replicas: ${COUNT}` is a number. In the fields that are text, in quotes, and beside other
 * text it stays text: `"${COUNT}"` is `"3"`. So do keys. What is filled in is not looked at again.
 *
 * @param root of a text that was parsed and not decoded: its scalars are text
 */
export function fillIn(root: Node, variables: ReadonlyMap<string, string>): readonly VariableFault[] {
  return new Filling(variables).into(root);
}

class Filling {
  readonly #variables: ReadonlyMap<string, string>;
  readonly #faults: VariableFault[] = [];
  #filled = 0;

  constructor(variables: ReadonlyMap<string, string>) {
    this.#variables = variables;
  }

  into(root: Node): readonly VariableFault[] {
    this.#node(root, '');
    return this.#faults;
  }

  #node(node: unknown, path: string): void {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        this.#key(key);
        this.#node(value, path === '' ? name : `${path}.${name}`);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        this.#node(item, `${path}.${index}`);
      }
    } else if (isReferring(node)) {
      const { text, isWhole } = this.#expand(node);
      const isTyped =
        isWhole && node.type === 'PLAIN' && TYPED.test(text) && !TEXT_FIELDS.some((field) => field.test(path));
      put(node, text, isTyped);
    }
  }

  #key(key: unknown): void {
    if (isReferring(key)) {
      put(key, this.#expand(key).text, false);
    } else if (!isScalar(key)) {
      this.#node(key, '');
    }
  }

  #expand(node: Scalar<string>): { readonly text: string; readonly isWhole: boolean } {
    const offset = node.range?.[0] ?? 0;
    const { text, isWhole, faults } = expand(node.value, this.#variables);
    this.#faults.push(...faults.map((reason) => ({ reason, offset })));
    this.#filled += text.length;
    if (this.#filled > MAX_FILLED) {
      this.#faults.push({ reason: `its variables make more than ${MAX_FILLED} characters of it`, offset });
      return { text: '', isWhole };
    }
    return { text, isWhole };
  }
}

function isReferring(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string' && node.value.includes('${');
}

/** Text keeps its meaning in quotes; without them it is what YAML makes of it. A tag says so either way. */
function put(node: Scalar<string>, text: string, isTyped: boolean): void {
  node.value = text;
  node.type = isTyped ? 'PLAIN' : 'QUOTE_SINGLE';
}
