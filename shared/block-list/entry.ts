import { isSluiceError } from '../errors.ts';
import { type ImageReference, imageName, parseReference } from '../image/reference.ts';
import { readMoment } from '../moment.ts';
import * as z from '../schema.ts';

/** A version of an image: by its tag, its digest, or both; by neither, every version. */
export interface Version {
  /** Normalised name without tag: `docker.io/library/alpine`. */
  readonly image: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** A version that a person allows again though it was rolled back. */
export interface AllowedVersion extends Version {
  readonly reason?: string | undefined;
  /** As it is written: `2026-11-20`, `2026-11-20T10:00:00Z`. */
  readonly since?: string | undefined;
}

/** A version that must not be set. */
export interface BlockedVersion extends AllowedVersion {
  /** As it is written; a day counts to its end, in UTC. */
  readonly until?: string | undefined;
}

/** One place that names an image. */
export interface BlockedPlace {
  /** From the repository's root. */
  readonly file: string;
  /** `deployment/default/hello` */
  readonly object: string;
  readonly container: string;
}

/** A version of an image that somebody set one place back from. */
export interface RolledBackVersion extends Version, BlockedPlace {
  readonly tag: string;
  /** The commit in which Sluice had set it. */
  readonly commit: string;
  /** When that was, as it is written. */
  readonly set: string;
  /** When the place was moved away from it, as it is written. */
  readonly since: string;
}

/** Do two name the same place? */
export function isSamePlace(one: BlockedPlace, other: BlockedPlace): boolean {
  return one.file === other.file && one.object === other.object && one.container === other.container;
}

/**
 * Do two texts mean one version? Of tag and digest, all that both name must be the same, and both must name one of
 * them: a tag alone says nothing of a digest alone.
 */
export function isSameVersion(one: Version, other: Version): boolean {
  const tags = compared(one.tag, other.tag);
  const digests = compared(one.digest, other.digest);
  return one.image === other.image && tags !== false && digests !== false && (tags ?? digests ?? false);
}

/** Undefined where one side does not say. */
function compared(one: string | undefined, other: string | undefined): boolean | undefined {
  return one === undefined || other === undefined ? undefined : one === other;
}

const image = z.string('expected an image like ghcr.io/acme/web').check(
  z.superRefine((text, context) => {
    try {
      parseReference(text);
    } catch (error) {
      const expected = isSluiceError(error) ? error.expected : 'an image';
      context.addIssue({ code: 'custom', message: `expected ${expected}, found "${text}"` });
    }
  }),
);
const tag = z.string('expected a tag like 1.2.3').check(
  z.refine((text) => referenceOf(`x:${text}`)?.tag === text, {
    error: ({ input }) => `expected a tag like 1.2.3, found "${String(input)}"`,
  }),
);
const digest = z.string('expected a digest').check(
  z.refine((text) => referenceOf(`x@${text}`)?.digest === text, {
    error: ({ input }) => `expected sha256: and 64 hexadecimal digits, found "${String(input)}"`,
  }),
);
const moment = z.string('expected a day like 2026-11-20').check(
  z.refine((text) => readMoment(text) !== undefined, {
    error: ({ input }) =>
      `expected a day like 2026-11-20 or a time like 2026-11-20T10:00:00Z, found "${String(input)}"`,
  }),
);

const common = {
  image,
  tag: z.optional(tag),
  digest: z.optional(digest),
  reason: z.optional(z.string('expected a text')),
  since: z.optional(moment),
};
const NO_MAPPING = { error: 'expected a mapping like { image: ghcr.io/acme/web, tag: 1.2.3 }' };

/** An entry of `blocked`. */
export const blockedSchema = z.pipe(
  z.strictObject({ ...common, until: z.optional(moment) }, NO_MAPPING),
  z.transform((entry, context): BlockedVersion => {
    const [since, until] = [entry.since, entry.until].map((text) =>
      text === undefined ? undefined : readMoment(text),
    );
    if (since !== undefined && until !== undefined && until.last < since.first) {
      const message = `expected a time after ${entry.since}, found "${entry.until}"`;
      z.addFault(context, message, 'until');
    }
    return { ...entry, ...versionOf(entry, context) };
  }),
);

/** An entry of `allowed`. */
export const allowedSchema = z.pipe(
  z.strictObject(common, NO_MAPPING),
  z.transform((entry, context): AllowedVersion => {
    const version = versionOf(entry, context);
    if (version.tag === undefined && version.digest === undefined) {
      z.addFault(context, `expected a tag or a digest of ${version.image}`);
    }
    return { ...entry, ...version };
  }),
);

const name = z.string('expected a text').check(z.minLength(1, 'expected a text'));

/** An entry of `rolledBack`. */
export const rolledBackSchema = z.pipe(
  z.strictObject(
    {
      image,
      tag,
      digest: z.optional(digest),
      file: name,
      object: name,
      container: name,
      commit: name,
      set: moment,
      since: moment,
    },
    NO_MAPPING,
  ),
  z.transform((entry, context): RolledBackVersion => ({ ...entry, ...versionOf(entry, context), tag: entry.tag })),
);

/** In normal form, with the tag and the digest that the image's own text has. */
function versionOf(entry: Version, context: z.core.ParsePayload): Version {
  const written = parseReference(entry.image);
  for (const key of ['tag', 'digest'] as const) {
    if (written[key] !== undefined && entry[key] !== undefined) {
      const message = `expected the ${key} once, found ${written[key]} in the image and ${entry[key]} beside it`;
      z.addFault(context, message, key);
    }
  }
  return { image: imageName(written), tag: entry.tag ?? written.tag, digest: entry.digest ?? written.digest };
}

function referenceOf(text: string): ImageReference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}
