import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import { buildTime } from '../time.ts';

/** The kinds of manifest that are understood; without this header a registry answers 404 to some of them. */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
export const ACCEPT = MANIFEST_TYPES.join(', ');

/** What a runtime can start: https://github.com/opencontainers/image-spec/blob/main/manifest.md#image-manifest-property-descriptions */
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);
/** cosign gives its signatures the config of an image; only their layers tell. */
const IMAGE_LAYER = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./;

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys */
const CREATED = 'org.opencontainers.image.created';
const SOURCE = 'org.opencontainers.image.source';
const REVISION = 'org.opencontainers.image.revision';
/** http://label-schema.org/rc1/ */
const BUILD_DATE = 'org.label-schema.build-date';

const text = z.catch(z.optional(z.string()), undefined);
const annotations = z.catch(z.nullish(z.object({ [CREATED]: text })), undefined);
const manifestSchema = z.object({
  artifactType: text,
  config: z.object({ digest: z.string(), mediaType: text }),
  layers: z.catch(z.array(z.object({ mediaType: text })), []),
  annotations,
});
const indexSchema = z.object({
  artifactType: text,
  manifests: z.array(
    z.object({
      digest: z.string(),
      mediaType: text,
      artifactType: text,
      platform: z.optional(z.partial(z.object({ os: z.string(), architecture: z.string() }))),
    }),
  ),
});

const configSchema = z.object({
  created: text,
  config: z.catch(
    z.nullish(
      z.object({
        Labels: z.catch(
          z.nullish(z.object({ [CREATED]: text, [BUILD_DATE]: text, [SOURCE]: text, [REVISION]: text })),
          undefined,
        ),
      }),
    ),
    undefined,
  ),
});
const labelsSchema = z.object({ created: text, source: text, revision: text });
const recordSchema = z.object({ notAnImage: text, labels: z.optional(labelsSchema) });
const tagsSchema = z.object({ tags: z.nullish(z.array(z.string())) });

/** What a manifest is of: an image, several of which one counts, or something that no container runs from. */
export type ManifestContent =
  | { readonly kind: 'image'; readonly config: string; readonly created: string | undefined }
  | { readonly kind: 'index'; readonly child: string }
  | { readonly kind: 'other'; readonly found: string };

/**
 * What a manifest is of. Of an index the manifest for linux/amd64 counts, else the first that runs somewhere:
 * attestations have the platform unknown/unknown, and caches of builds list layers.
 *
 * @throws SluiceError `registry-reply-invalid` for what is neither a manifest nor an index
 */
export function contentOf(json: unknown, host: string): ManifestContent {
  const manifest = manifestSchema.safeParse(json).data;
  if (manifest === undefined) {
    return contentOfIndex(read(indexSchema, json, host, 'an image manifest or index'));
  }
  const { artifactType, config, layers } = manifest;
  if (artifactType !== undefined) {
    return { kind: 'other', found: `artifactType ${artifactType}` };
  }
  if (!IMAGE_CONFIGS.has(config.mediaType ?? '')) {
    return { kind: 'other', found: `a config of type ${config.mediaType ?? '(none)'}` };
  }
  const foreign = layers.find(({ mediaType = '' }) => !IMAGE_LAYER.test(mediaType));
  return foreign === undefined
    ? { kind: 'image', config: config.digest, created: buildTime(manifest.annotations?.[CREATED]) }
    : { kind: 'other', found: `a layer of type ${foreign.mediaType ?? '(none)'}` };
}

function contentOfIndex({ artifactType, manifests }: z.infer<typeof indexSchema>): ManifestContent {
  if (artifactType !== undefined) {
    return { kind: 'other', found: `artifactType ${artifactType}` };
  }
  const runnable = manifests.filter(
    (one) =>
      one.platform?.os !== 'unknown' &&
      one.artifactType === undefined &&
      (one.mediaType === undefined || MANIFEST_TYPES.includes(one.mediaType)),
  );
  const found =
    runnable.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64') ?? runnable[0];
  return found === undefined
    ? { kind: 'other', found: 'an index without an image' }
    : { kind: 'index', child: found.digest };
}

/** What an image's config says of it; absent what it does not say in a form that can be read. */
export type ImageLabels = z.infer<typeof labelsSchema>;

/** What is kept of a digest: why no container can run from it, or what its image says of itself, once that was read. */
export type ImageRecord = z.infer<typeof recordSchema>;

/**
 * What an image says of itself. The time at which it was built stands in its config, or where that holds none or the
 * constant of a reproducible build, in an annotation of its manifest, or in a label.
 *
 * @param annotated the time in the manifest
 */
export function imageLabelsOf(json: unknown, annotated: string | undefined): ImageLabels {
  const { created, config } = configSchema.safeParse(json).data ?? {};
  const labels = config?.Labels ?? {};
  const built = buildTime(created) ?? annotated ?? buildTime(labels[CREATED]) ?? buildTime(labels[BUILD_DATE]);
  return { created: built, source: labels[SOURCE], revision: labels[REVISION] };
}

/** A record as a cache kept it; undefined where it has none. */
export function readRecord(cached: unknown): ImageRecord | undefined {
  return recordSchema.safeParse(cached).data;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const TAG = /^\w[\w.-]{0,127}$/;

/** The tags of one page; a repository that was emptied has `null`. What no image could be named by is left out. */
export function tagsOf(json: unknown, host: string): readonly string[] {
  return (read(tagsSchema, json, host, 'a list of tags').tags ?? []).filter((tag) => TAG.test(tag));
}

/** @throws SluiceError `registry-reply-invalid` */
export function readJson(body: Buffer, host: string): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw invalid(host, 'JSON', `${JSON.stringify(body.toString('utf8', 0, 40))}…`, cause);
  }
}

function read<T>(schema: z.ZodMiniType<T>, json: unknown, host: string, expected: string): T {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw invalid(host, expected, 'something else', parsed.error);
  }
  return parsed.data;
}

/** The error for a reply that is not what the specification says. */
export function invalid(host: string, expected: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({ code: 'registry-reply-invalid', subject: `registry ${host}`, expected, found, cause });
}
