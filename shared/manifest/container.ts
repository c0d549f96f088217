import type { Node } from 'yaml';

/** A container of a workload, or an image in the values of a release. */
export interface Container {
  /** Undefined where it has none. */
  readonly name: string | undefined;
  /** `spec.template.spec.containers[0].image` */
  readonly path: string;
  /** Does it run before the others, to its end? */
  readonly isInit: boolean;
  /** What holds the image, as a rule a scalar; of an alias, what it points to. */
  readonly image: Node;
  /** Where it holds a part of the image only, in the values of a chart. */
  readonly rest?: ImageRest | undefined;
}

/** What a scalar holds of an image, and what stands elsewhere before it: a registry with its slash, or all of the name. */
export interface ImageRest {
  readonly part: 'whole' | 'tag';
  readonly before: string;
}
