import type { Node } from 'yaml';
import type { Declaration, Facts } from './declarations/declaration.ts';
import type { DeclaringDialect, ManifestObject } from './declarations/dialect.ts';
import { DECLARING_DIALECTS } from './declarations/dialects.ts';
import { objectNodes, textAt } from './object-nodes.ts';
import type { FileFacts } from './site.ts';
import type { Tree } from './tree.ts';

/** Dialects in which a text may declare something, by their names. */
export function dialectsIn(text: string): readonly string[] {
  return DECLARING_DIALECTS.filter((dialect) => isReadIn(text, dialect)).map(({ name }) => name);
}

/** Does a text have objects that a dialect reads? */
export function hasObjects(text: string): boolean {
  return DECLARING_DIALECTS.some((dialect) => isReadIn(text, dialect));
}

function isReadIn(text: string, { mark, reads }: DeclaringDialect): boolean {
  return text.includes(mark) || reads?.every((word) => text.includes(word)) === true;
}

/** What a file says that cannot be read at all: it may declare something in any dialect. */
export function unreadFile(file: string, reason: string): FileFacts {
  const dialects = DECLARING_DIALECTS.map(({ name }) => name);
  return { file, sites: [], marked: [], declarations: [], unread: [{ dialects, reason: `${file}: ${reason}` }] };
}

/** An object's name for people and messages: `helmrelease/apps/web`; what has no name, by its kind. */
export function objectName({ kind, namespace, name }: Pick<ManifestObject, 'kind' | 'namespace' | 'name'>): string {
  const type = kind === '' ? 'document' : kind.toLowerCase();
  return name === undefined ? type : `${type}/${namespace ?? 'default'}/${name}`;
}

/** The objects of a document, those inside a `List` too. */
export function manifestObjects(file: string, tree: Tree): readonly ManifestObject[] {
  return objectNodes(tree).map(({ node }) => manifestObject(file, node, tree));
}

function manifestObject(file: string, node: Node, tree: Tree): ManifestObject {
  return {
    file,
    apiVersion: textAt(node, ['apiVersion'], tree) ?? '',
    kind: textAt(node, ['kind'], tree) ?? '',
    namespace: textAt(node, ['metadata', 'namespace'], tree),
    name: textAt(node, ['metadata', 'name'], tree),
    node,
    tree,
  };
}

/** What an object declares, in each dialect that reads it. */
export function declarationsOf(object: ManifestObject, line: number): readonly Declaration[] {
  return DECLARING_DIALECTS.flatMap((dialect): readonly Declaration[] => {
    const facts: Facts | undefined = dialect.read(object);
    return facts === undefined ? [] : [{ file: object.file, line, object: objectName(object), facts }];
  });
}
