import type { SluiceError } from '../errors.ts';
import type { Declaration, UnreadDeclarations } from './declarations/declaration.ts';

/** One place in a manifest that names an image. */
export interface Site {
  /** From the repository's root. */
  readonly file: string;
  /** `kind/namespace/name` in lower case: `deployment/default/hello`. */
  readonly object: string;
  /** Of an image that no container has, but a marker comment names: the path of the map that holds it. */
  readonly container: string;
  /** Inside its YAML document, for people: `spec.template.spec.containers[0].image`. */
  readonly path: string;
  /** The image as it is written, without quotes; put together where several scalars hold it. */
  readonly image: string;
  /** Where the scalar's source text stands in the file, quotes included: UTF-16 offsets, end exclusive. */
  readonly range: readonly [start: number, end: number];
  /** Its line in the file, from 1. */
  readonly line: number;
  /** What governs it, beside it or elsewhere; undefined where nothing asks for updates. */
  readonly policy: SitePolicy | undefined;
  /** Where nothing asks for updates, and something may have been meant so: the words for it. */
  readonly unautomated?: string | undefined;
  /** Windows in which its workload is not updated, as they are written beside it, with semicolons between them. */
  readonly freeze?: string | undefined;
  /** What beside it holds it back, whoever asks for updates; only where nothing beside it does. */
  readonly holdBeside?: HoldBeside | undefined;
  /** The scalars of an image that does not stand in one scalar as a whole. */
  readonly scalars?: readonly ImageScalar[] | undefined;
  readonly marker?: Marker | undefined;
  readonly place?: ImagePlace | undefined;
}

/** What holds an object back whoever asks for updates of it. */
export interface HoldBeside {
  /** For people. */
  readonly held: string;
  /** Is it a slip, for somebody to mend, and nobody's will? */
  readonly isHeldByFault?: boolean;
}

/** What the annotations of an object say of the images in it, whoever asks for updates of them. */
export type ObjectHold = Pick<Site, 'object' | 'holdBeside' | 'freeze'>;

/** What of an image's reference a scalar holds; a `version` is a tag, and the digest beside it where there is one. */
export type ImagePart = 'whole' | 'name' | 'tag' | 'digest' | 'version';

/** A scalar that holds an image or a part of one. */
export interface ImageScalar {
  readonly part: ImagePart;
  /** As it is written, without quotes: a tag `1.10` keeps its zero. */
  readonly text: string;
  readonly range: Site['range'];
  /** Of a whole image, what stands elsewhere before it: a registry with its slash. */
  readonly before?: string | undefined;
}

/** A comment behind a scalar that names a policy which stands elsewhere: `# {"$imagepolicy": "flux-system:app:tag"}`. */
export interface Marker {
  /** Whose marker it is: `flux-v2`, `fleet`. */
  readonly dialect: string;
  /** The name of the policy as it is written there: `flux-system:app`. */
  readonly policy: string;
  /** Does it ask for a digest beside the tag, whatever the policy says? */
  readonly pins?: boolean | undefined;
}

/** A place that holds an image, or a part of one, for objects elsewhere to say what it is. */
export interface ImagePlace {
  /**
   * An entry of a kustomization's `images`; a value of a chart; a parameter of an Application; an item of an
   * Application's `kustomize.images`.
   */
  readonly role: 'kustomization' | 'value' | 'parameter' | 'kustomize-image';
  /** What names it there: the entry's image, a dotted path, the parameter's name. */
  readonly key: string;
  /** The name of an image that stands beside a tag. */
  readonly beside?: string | undefined;
}

/**
 * An image that marker comments name, or in a place of which other objects may say what it holds, as one file shows it:
 * its name may be known by its policy only.
 */
export interface MarkedImage
  extends Pick<Site, 'file' | 'object' | 'container' | 'path' | 'range' | 'line' | 'holdBeside' | 'freeze'> {
  readonly marker: Marker | undefined;
  readonly place?: ImagePlace | undefined;
  readonly scalars: readonly ImageScalar[];
}

/** A policy as it was found, before it is compiled. */
export interface SitePolicy {
  /** `sluice`, `flux-v1`, `keel`, `flux-v2`, `image-updater` */
  readonly dialect: string;
  /** As `parsePolicy` reads it: `semver:~1.0`. */
  readonly text: string;
  /** Those of other dialects that stand there too, and do not count: `keel keel:minor`. */
  readonly overruled?: readonly string[] | undefined;
  /** Set where updates are asked for but held back (`locked`, `ignore`), with the words for it. */
  readonly held?: string | undefined;
  /** Does a slip hold it, for somebody to mend, and nobody's will? */
  readonly isHeldByFault?: boolean | undefined;
  /** Where no filter is written, so that `text` is what counts then: the annotation that would hold one. */
  readonly unwritten?: string | undefined;
  /** The files of the objects that say so, where they stand elsewhere than beside the image. */
  readonly declaredIn?: readonly string[] | undefined;
}

/** A file as it was read. */
export interface Manifest {
  readonly text: string;
  /** What a scan of that text found. */
  readonly scanned: ScannedFile;
}

/** What one file says by itself. A policy that stands in another file is found by `joinFiles`. */
export interface FileFacts {
  readonly file: string;
  /** Of containers, with the policies that stand beside them. */
  readonly sites: readonly Site[];
  /** What marker comments name besides. */
  readonly marked: readonly MarkedImage[];
  /** Objects that govern images of any file. */
  readonly declarations: readonly Declaration[];
  /** Documents that cannot be read, and may declare something. */
  readonly unread: readonly UnreadDeclarations[];
}

/** What a scan found in one file. A fault stops its own document or file, never the neighbours. */
export interface ScannedFile extends FileFacts {
  /** How many documents it was split into. */
  readonly documents: number;
  /** `manifest-invalid` errors that name the file and line. */
  readonly faults: readonly SluiceError[];
}
