/** What is said of an image's tags, in annotations or in an `ImageUpdater`; undefined where nothing is. */
export interface UpdateSettings {
  /** `semver`, as it is written. */
  readonly strategy?: string | undefined;
  /** `regexp:^v` or `any` */
  readonly allowTags?: string | undefined;
  readonly ignoreTags?: readonly string[] | undefined;
  /** `linux/amd64` */
  readonly platforms?: readonly string[] | undefined;
  readonly forceUpdate?: boolean | undefined;
}

/** Where the values of a chart hold an image: dotted paths, of which `spec` is the whole reference and goes first. */
export interface HelmPaths {
  readonly spec: string | undefined;
  readonly name: string | undefined;
  readonly tag: string | undefined;
}

/** An image that is to be updated, with all that is said of it. */
export interface ImageEntry {
  /** Undefined where none is given: then nothing but what holds for the whole Application is said of the image. */
  readonly alias: string | undefined;
  /** As it is written, without the constraint: `ghcr.io/o/web`. */
  readonly image: string;
  readonly policy: ImagePolicy;
  readonly platforms: readonly string[];
  readonly forceUpdate: boolean;
  readonly helm: HelmPaths;
  /** The name that a kustomization has the image by, where that is another one. */
  readonly kustomizeName: string | undefined;
}

/** A line as `parsePolicy` reads it, or why there is none: nothing is updated by that. */
export type ImagePolicy = { readonly line: string } | { readonly refused: string };

/** The text of a list with commas; undefined where there is none. */
export function splitList(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
