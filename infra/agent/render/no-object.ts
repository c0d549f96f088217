import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

/** What an object says of itself, however it is written: `api_version` is a slip of the pen, and no other file. */
const SAID = new Set(['apiversion', 'kind']);
const WORD = /api\W?version|kind/i;
/** A name and what it is about are an object that lost its head. */
const METADATA = 'metadata';

/**
 * Does a document say nothing of being a Kubernetes object? So does the configuration of other programs: a
 * docker-compose.yml, a package.json, a dashboard.
 */
export function saysNoObject(root: Node): boolean {
  if (isMap(root)) {
    return !namesObject(root);
  }
  // Text alone is what is left of something, and no program's configuration.
  return isSeq(root) && root.items.every((item) => !isMap(item) || !namesObject(item));
}

/** Can a text of JSON have no word of an object in it? Then it need not be read, whatever is wrong with it. */
export function lacksObjectWords(text: string): boolean {
  return !WORD.test(text);
}

function namesObject({ items }: YAMLMap): boolean {
  return items.some(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '';
    // What is merged may be anything.
    const isSaid = name === '<<' || SAID.has(name.replaceAll(/\W|_/g, '').toLowerCase());
    return isSaid || (name === METADATA && isMap(value) && value.has('name'));
  });
}
