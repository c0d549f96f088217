import type { Node } from 'yaml';
import type { ImagePart, ImagePlace, Marker, Site, SitePolicy } from '../site.ts';
import type { Tree } from '../tree.ts';
import type { Declaration, Facts } from './declaration.ts';

/** An object of a manifest, as dialects read declarations from it. */
export interface ManifestObject {
  readonly file: string;
  /** `image.toolkit.fluxcd.io/v1`, empty where it says none. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly node: Node;
  readonly tree: Tree;
}

/** An image as dialects that stand elsewhere look at it. */
export interface GovernedImage {
  readonly file: string;
  readonly object: string;
  readonly marker: Marker | undefined;
  readonly place?: ImagePlace | undefined;
  /** As it is written; undefined where the file does not say its name. */
  readonly image: string | undefined;
  /** Which parts of it the file holds. */
  readonly parts: readonly ImagePart[];
}

/** What a dialect says of an image: its policy, with the image's name where the dialect knows it; or why there is none. */
export type Governed =
  | { readonly policy: SitePolicy; readonly name?: string | undefined }
  | { readonly fault: string; readonly name?: string | undefined };

/** What all objects of a repository say in one dialect. */
export interface Governor {
  /** Undefined where they say nothing of this image. */
  govern(image: GovernedImage): Governed | undefined;
  /** What is wrong with the objects themselves, or worth a word. */
  readonly remarks: readonly Remark[];
}

/** The repository and branch that files were read from. */
export interface Origin {
  readonly url: string;
  readonly branch: string;
}

/** Something about an object or a marker that a person should know. */
export interface Remark {
  readonly file: string;
  /** `imagepolicy/flux-system/app: …` */
  readonly reason: string;
  /** Is nothing wrong, and only worth a word? */
  readonly isNote?: boolean | undefined;
  /** The image that is not governed for it. */
  readonly image?: Pick<Site, 'object' | 'container'> | undefined;
}

/** A way to write policies in objects that stand elsewhere than beside the image. */
export interface DeclaringDialect {
  readonly name: string;
  /** Each text that declares something in it has this in it. */
  readonly mark: string;
  /** Each text with another object that it reads has these in it. */
  readonly reads?: readonly string[];
  /** What an object declares; undefined where it is none of this dialect. */
  read(object: ManifestObject): Facts | undefined;
  /**
   * @param declarations of all dialects
   * @param origin where they were read; undefined where nobody says
   */
  open(declarations: readonly Declaration[], origin: Origin | undefined): Governor;
}
