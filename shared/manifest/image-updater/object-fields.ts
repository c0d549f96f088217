import { isScalar, type Node } from 'yaml';
import type { Tree } from '../tree.ts';

/** Of a text, in characters; annotations of Kubernetes have 256 KiB together, and lists of images take little of it. */
const MAX_TEXT = 8192;
/** Of a list, and of a map. */
export const MAX_ENTRIES = 200;

/** The fields of one object, read as text. What stands there and is none, or longer than it may be, is a fault. */
export class ObjectFields {
  readonly #node: Node | undefined;
  readonly #tree: Tree;
  readonly #faults: string[];

  constructor(node: Node | undefined, tree: Tree, faults: string[] = []) {
    this.#node = node;
    this.#tree = tree;
    this.#faults = faults;
  }

  /** Of this object and all that was read below it. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Is there anything at the end of this path? */
  has(...path: readonly string[]): boolean {
    const node = this.#tree.at(this.#node, path);
    return node !== undefined && !(isScalar(node) && node.value === null);
  }

  below(...path: readonly string[]): ObjectFields {
    return new ObjectFields(this.#tree.at(this.#node, path), this.#tree, this.#faults);
  }

  /** The text at the end of a path; undefined where there is none. */
  text(...path: readonly string[]): string | undefined {
    return this.#textOf(this.#tree.at(this.#node, path), path.join('.'));
  }

  /** Is a switch on? Only `true` is. */
  isOn(...path: readonly string[]): boolean {
    const node = this.#tree.at(this.#node, path);
    return isScalar(node) && node.value === true;
  }

  /** The objects of a list. */
  items(...path: readonly string[]): readonly ObjectFields[] {
    return this.#items(path).map((item) => new ObjectFields(item, this.#tree, this.#faults));
  }

  /** The texts of a list; undefined where there is none. */
  texts(...path: readonly string[]): readonly string[] | undefined {
    return this.has(...path)
      ? this.#items(path).flatMap((item) => this.#textOf(item, path.join('.')) ?? [])
      : undefined;
  }

  /** The texts of a map whose names begin so. */
  record(path: readonly string[], prefix = ''): Readonly<Record<string, string>> {
    const names = [...this.#tree.fields(this.#tree.at(this.#node, path))].filter(([name]) => name.startsWith(prefix));
    this.#limit(names.length, path);
    return Object.fromEntries(
      names.slice(0, MAX_ENTRIES).flatMap(([name, node]) => {
        const text = this.#textOf(node, `${path.join('.')} ${name}`);
        return text === undefined ? [] : [[name, text]];
      }),
    );
  }

  #items(path: readonly string[]): readonly (Node | undefined)[] {
    const items = this.#tree.items(this.#tree.at(this.#node, path));
    this.#limit(items.length, path);
    return items.slice(0, MAX_ENTRIES);
  }

  #limit(count: number, path: readonly string[]): void {
    if (count > MAX_ENTRIES) {
      this.#faults.push(`${path.join('.')} has ${count} entries; expected ${MAX_ENTRIES} at most`);
    }
  }

  #textOf(node: Node | undefined, name: string): string | undefined {
    if (node === undefined || (isScalar(node) && node.value === null)) {
      return undefined;
    }
    if (!isScalar(node) || typeof node.value !== 'string') {
      this.#faults.push(`${name} is no text${isScalar(node) ? `; put ${node.source ?? 'it'} in quotes` : ''}`);
      return undefined;
    }
    if (node.value.length > MAX_TEXT) {
      this.#faults.push(`${name} has ${node.value.length} characters; expected ${MAX_TEXT} at most`);
      return undefined;
    }
    return node.value;
  }
}
