import type { Manifest } from '../manifest.ts';

/** An object, and where it is written. */
export interface RenderedObject {
  readonly manifest: Manifest;
  /** `k8s/deploy.yml:3`; the file alone where a renderer made the object. */
  readonly place: string;
  /** A Secret, or made of what is secret: decrypted by SOPS, or with a variable of a Secret. */
  readonly isSecret?: boolean;
}

/** What a revision asks for. With a failure, what is missing may be asked for too: nothing is pruned then. */
export interface Rendered {
  readonly objects: readonly RenderedObject[];
  /** Objects that say they are none of our business. */
  readonly skipped: readonly RenderedObject[];
  readonly failures: readonly RenderFailure[];
  /** What of that may have to come before the rest, and holds it up then. */
  readonly unplaced?: readonly Unplaced[];
  /** Files of other programs, which hold no object, and charts of other controllers, with the reason. */
  readonly passedOver?: readonly RenderFailure[];
  /** Folders of charts that are not deployed by themselves: what was deployed of them is no longer ours. */
  readonly chartsOfOthers?: readonly string[];
  /** The names by which releases of charts in Git are kept, whoever deploys them; undefined where they are not all known. */
  readonly keptReleases?: readonly string[] | undefined;
  /** Every value that came from a Secret or was decrypted: none of them may be told. */
  readonly secrets: readonly string[];
}

/** What could not be rendered, and may hold an object with a place of its own in the order. */
export interface Unplaced {
  readonly subject: string;
  /** It names what gives a place: a hook, a wave. Else nobody can tell what it holds. */
  readonly namesPlace: boolean;
}

/** What of a revision could not be rendered. */
export interface RenderFailure {
  /** A file and line, a folder, or an object. */
  readonly subject: string;
  readonly reason: string;
}
