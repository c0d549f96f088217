/** What the objects of Flux v2 say, as far as it counts for a choice. */
export type FluxV2Facts = FluxPolicy | FluxRepository;

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
}

/** An `ImageRepository`. */
export interface FluxRepository extends ObjectName {
  readonly kind: 'flux-repository';
  /** As it is written; undefined where it says none. */
  readonly image: string | undefined;
  /** Patterns of tags that are left out; undefined where none are written. */
  readonly exclusions: readonly string[] | undefined;
  readonly suspended: boolean;
}
