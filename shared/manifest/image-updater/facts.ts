import type { LabelSelector } from '../label-selector.ts';
import type { AnnotatedImages } from './annotated-images.ts';
import type { ImageEntry } from './settings.ts';
import type { WriteBack } from './write-back.ts';

/** What objects of Argo CD and its Image Updater say, as far as it counts for a choice. */
export type UpdaterFacts = ApplicationFacts | UpdaterObjectFacts | ApplicationSetFacts;

/** An `Application`. */
export interface ApplicationFacts {
  readonly kind: 'argo-application';
  /** Undefined where it is not written: a kustomization may give it any. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly sources: readonly ApplicationSource[];
  /** What its annotations ask for; undefined where they name no image. */
  readonly annotated: AnnotatedImages | undefined;
  readonly writeBack: WriteBack;
}

/** Where an Application's manifests come from. */
export interface ApplicationSource {
  readonly repository: string | undefined;
  /**
   * From the repository's root, in normal form; empty for the root. Undefined for a chart of a Helm repository, and for
   * a source that only brings values.
   */
  readonly path: string | undefined;
  /** A branch, a tag or a commit. */
  readonly revision: string | undefined;
  /** Does it say `helm:` or `kustomize:`? The first source that does is the one that is updated. */
  readonly isOfTool: boolean;
  /** The name that other sources have it by. */
  readonly ref: string | undefined;
  readonly valueFiles: readonly ValueFile[];
  /** Has it values in one text, which nothing looks into? */
  readonly hasTextOfValues: boolean;
}

/** A file with values of a chart. */
export interface ValueFile {
  /** From the root of its repository. */
  readonly file: string;
  /** Of the source that brings it; undefined where it is the chart's own. */
  readonly ref: string | undefined;
}

/** An `ImageUpdater`. */
export interface UpdaterObjectFacts {
  readonly kind: 'image-updater';
  /** Where the Applications are. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly rules: readonly UpdaterRule[];
  readonly faults: readonly string[];
}

/** An item of `applicationRefs`, with what its object says of all of them below it. */
export interface UpdaterRule {
  readonly pattern: string;
  readonly selector: LabelSelector | undefined;
  /** Then nothing else of it counts. */
  readonly usesAnnotations: boolean;
  readonly images: readonly ImageEntry[];
  readonly writeBack: WriteBack;
}

/** An `ApplicationSet` whose template has annotations of the updater: Applications that stand in no file. */
export interface ApplicationSetFacts {
  readonly kind: 'argo-application-set';
}
