import type { UpdaterFacts } from '../image-updater/facts.ts';
import type { FleetFacts } from './fleet-facts.ts';
import type { FluxV2Facts } from './flux-v2-facts.ts';

/** What an object declares of images that stand elsewhere, as it is written. */
export type Facts = FluxV2Facts | FleetFacts | UpdaterFacts;

/** An object that governs images elsewhere. */
export interface Declaration {
  /** From the repository's root. */
  readonly file: string;
  readonly line: number;
  /** `imagepolicy/flux-system/app` */
  readonly object: string;
  readonly facts: Facts;
}

/** A document that cannot be read, and may declare something in these dialects. */
export interface UnreadDeclarations {
  readonly dialects: readonly string[];
  /** Names the file and the line. */
  readonly reason: string;
}
