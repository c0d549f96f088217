import type { Node } from 'yaml';
import type { Part } from './part.ts';

/** A stretch of a file. */
export interface PartSource {
  readonly file: string;
  readonly part: Part;
}

/** Where a node's source stands in its stretch. */
export function rangeOf(node: Node | null): readonly [start: number, end: number] {
  const [start, end] = node?.range ?? [0, 0];
  return [start, end];
}

/** Its line in the file, from 1. */
export function lineOf(node: Node, { part }: PartSource): number {
  return part.lineAt(rangeOf(node)[0]);
}

/** The place of a node, for messages. */
export function placeOf(node: Node | null, source: PartSource): string {
  return placeAt(rangeOf(node)[0], source);
}

/** `k8s/deploy.yml:12` */
export function placeAt(offset: number, { file, part }: PartSource): string {
  return `${file}:${part.lineAt(offset)}`;
}
