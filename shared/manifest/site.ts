import type { SluiceError } from '../errors.ts';

/** One place in a manifest that names an image. */
export interface Site {
  /** From the repository's root. */
  readonly file: string;
  /** `kind/namespace/name` in lower case: `deployment/default/hello`. */
  readonly object: string;
  readonly container: string;
  /** Inside its YAML document, for people: `spec.template.spec.containers[0].image`. */
  readonly path: string;
  /** The image as it is written, without quotes. */
  readonly image: string;
  /** Where the scalar's source text stands in the file, quotes included: UTF-16 offsets, end exclusive. */
  readonly range: readonly [start: number, end: number];
  /** Its line in the file, from 1. */
  readonly line: number;
  /** What stands beside the site and governs it; undefined where nothing asks for updates. */
  readonly policy: SitePolicy | undefined;
  /** Where nothing asks for updates, and something may have been meant so: the words for it. */
  readonly unautomated?: string | undefined;
}

/** A policy as it was found, before it is compiled. */
export interface SitePolicy {
  /** `sluice`, `flux-v1`, `keel` */
  readonly dialect: string;
  /** As `parsePolicy` reads it: `semver:~1.0`. */
  readonly text: string;
  /** Those of other dialects that stand there too, and do not count: `keel keel:minor`. */
  readonly overruled?: readonly string[] | undefined;
  /** Set where updates are asked for but held back (`locked`, `ignore`), with the words for it. */
  readonly held?: string | undefined;
  /** Where no filter is written, so that `text` is what counts then: the annotation that would hold one. */
  readonly unwritten?: string | undefined;
}

/** A file as it was read. */
export interface Manifest {
  readonly text: string;
  /** What a scan of that text found. */
  readonly scanned: ScannedFile;
}

/** What a scan found in one file. A fault stops its own document or file, never the neighbours. */
export interface ScannedFile {
  readonly file: string;
  /** How many documents it was split into. */
  readonly documents: number;
  readonly sites: readonly Site[];
  /** `manifest-invalid` errors that name the file and line. */
  readonly faults: readonly SluiceError[];
}
