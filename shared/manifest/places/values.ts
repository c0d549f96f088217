import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { MarkedImage } from '../site.ts';
import type { Fields, Tree } from '../tree.ts';
import { isFilled, type PlacesOf, partIn, placeOf, textOf } from './place.ts';

/** As files of values are called that hold no image by that word. */
const VALUES_FILE = /(?:^|\/)[^/]*values[^/]*\.ya?ml$/;
/** Of a document so many places are kept, and so many fields are looked at. */
const MAX_PLACES = 200;
const MAX_FIELDS = 20_000;
const MAX_DEPTH = 20;
/** What the name of a value has in it that is a tag, and that is a whole image. */
const TAG_NAME = /tag|version/i;
const IMAGE_NAME = /image|repo|spec|name|ref/i;
/** What stands beside a tag, in the order in which it counts. */
const NAMES_BESIDE = ['repository', 'name', 'image'];

/** Is this a file of values by its name? */
export function isValuesFile(file: string): boolean {
  return VALUES_FILE.test(file);
}

interface Value {
  readonly node: Node | undefined;
  readonly path: string;
  readonly name: string;
  /** The fields of the map that it stands in. */
  readonly siblings: Fields | undefined;
  readonly depth: number;
}

/**
 * The values of a chart that may be an image or its tag, by their dotted paths. Which of them are, the Application says
 * that names them.
 *
 * @param prefix of the paths for people: where in the document the values stand
 */
export function valuePlaces(root: Node | undefined, tree: Tree, of: PlacesOf, prefix = ''): readonly MarkedImage[] {
  const places: MarkedImage[] = [];
  const waiting: Value[] = [{ node: root, path: '', name: '', siblings: undefined, depth: 0 }];
  let fields = 0;
  for (let next = waiting.pop(); next !== undefined && places.length < MAX_PLACES; next = waiting.pop()) {
    if (isScalar(next.node)) {
      places.push(...placeAt(next, of, prefix));
    } else if (next.depth < MAX_DEPTH && fields < MAX_FIELDS) {
      const inner = innerOf(next, tree);
      fields += inner.length;
      waiting.push(...inner.toReversed());
    }
  }
  return places;
}

function innerOf({ node, path, name, depth }: Value, tree: Tree): readonly Value[] {
  if (isSeq(node)) {
    return tree
      .items(node)
      .map((item, index) => ({ node: item, path: `${path}[${index}]`, name, siblings: undefined, depth: depth + 1 }));
  }
  if (!isMap(node)) {
    return [];
  }
  const siblings = tree.fields(node);
  return [...siblings].map(([field, value]) => ({
    node: value,
    path: path === '' ? field : `${path}.${field}`,
    name: field,
    siblings,
    depth: depth + 1,
  }));
}

function placeAt({ node, path, name, siblings }: Value, of: PlacesOf, prefix: string): readonly MarkedImage[] {
  const holds = isFilled(node) ? partIn(textOf(node)) : undefined;
  const isNamed = holds === 'version' ? TAG_NAME.test(name) : IMAGE_NAME.test(name);
  if (!isFilled(node) || holds === undefined || !isNamed) {
    return [];
  }
  const place = { role: 'value', key: path, beside: holds === 'version' ? nameBeside(siblings) : undefined } as const;
  return [placeOf(place, `${prefix}${path}`, [{ holds, node }], of)];
}

function nameBeside(siblings: Fields | undefined): string | undefined {
  const beside = NAMES_BESIDE.map((name) => siblings?.get(name)).find(isFilled);
  return beside && textOf(beside);
}
