import type { ObjectName } from './flux-v2-facts.ts';

/** What Rancher Fleet's files say, as far as it counts for a choice. */
export type FleetFacts = FleetScans | FleetScan;

/** The `imageScans` of a fleet.yaml. */
export interface FleetScans {
  readonly kind: 'fleet-scans';
  readonly scans: readonly FleetScan[];
}

/** One of them, or an `ImageScan`; its name is its `tagName`, which markers have. */
export interface FleetScan extends ObjectName {
  readonly kind: 'fleet-scan';
  /** As it is written; undefined where it says none. */
  readonly image: string | undefined;
  /** A line of Sluice, `semver:~1.2`; or what is wrong with it. */
  readonly line: { readonly text: string } | { readonly fault: string };
  readonly suspended: boolean;
}
