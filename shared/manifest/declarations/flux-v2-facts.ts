import type { LabelSelector } from '../label-selector.ts';

/** What the objects of Flux v2 say, as far as it counts for a choice. */
export type FluxV2Facts = FluxPolicy | FluxRepository | FluxAutomation;

/** The name of an object, with its namespace where it is written. A kustomization may give the others one. */
export interface ObjectName {
  readonly namespace: string | undefined;
  readonly name: string;
}

/** An `ImagePolicy`. */
export interface FluxPolicy extends ObjectName {
  readonly kind: 'flux-policy';
  /** Of the `ImageRepository` that it is about. */
  readonly repository: ObjectName | undefined;
  /** A line of Sluice without what the repository adds, `semver:~1.2; strict`; or what is wrong with it. */
  readonly line: { readonly text: string } | { readonly fault: string };
  /** Does it give a digest beside the tag? */
  readonly pins: boolean;
  readonly suspended: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** How often a digest is looked at; only `Always` has that. */
  readonly interval: string | undefined;
}

/** An `ImageRepository`. */
export interface FluxRepository extends ObjectName {
  readonly kind: 'flux-repository';
  /** As it is written; undefined where it says none. */
  readonly image: string | undefined;
  /** Patterns of tags that are left out; undefined where none are written. */
  readonly exclusions: readonly string[] | undefined;
  /** What is wrong with it. */
  readonly fault: string | undefined;
  readonly suspended: boolean;
}

/** An `ImageUpdateAutomation`. */
export interface FluxAutomation extends ObjectName {
  readonly kind: 'flux-automation';
  /** The folder below which it writes, from the repository's root; empty for all of it. */
  readonly path: string;
  /** How it writes; `Setters` where nothing is said. */
  readonly strategy: string;
  /** Which policies of its namespace it takes; all where none is written. */
  readonly selector: LabelSelector | undefined;
  /** What is wrong with where and what it writes: it may be any file, of any policy. */
  readonly fault: string | undefined;
  /** The branch that it writes to, where it says one. */
  readonly branch: string | undefined;
  readonly suspended: boolean;
}
