import * as z from 'zod';
import { SluiceError } from '../errors.ts';
import { isoTime } from '../time.ts';

/** The kinds of manifest that are understood; without this header a registry answers 404 to some of them. */
export const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

const manifestSchema = z.object({ config: z.object({ digest: z.string() }) });

const indexSchema = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      platform: z.object({ os: z.string(), architecture: z.string() }).partial().optional(),
    }),
  ),
});

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys */
const SOURCE = 'org.opencontainers.image.source';
const REVISION = 'org.opencontainers.image.revision';

const text = z.string().optional().catch(undefined);
const configSchema = z.object({
  created: text,
  config: z
    .object({
      Labels: z
        .object({ [SOURCE]: text, [REVISION]: text })
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
});
const labelsSchema = z.object({ created: text, source: text, revision: text });
const tagsSchema = z.object({ tags: z.array(z.string()).nullish() });

/** Where an image's config lies: its blob, or for an index the manifest to look at next. */
export type ConfigPlace = { readonly blob: string } | { readonly manifest: string };

/**
 * Where the config of a manifest is. Of an index the one for linux/amd64 counts, else the first that runs somewhere:
 * attestations have the platform unknown/unknown.
 */
export function configDigestOf(json: unknown, host: string): ConfigPlace {
  const manifest = manifestSchema.safeParse(json);
  if (manifest.success) {
    return { blob: manifest.data.config.digest };
  }
  const { manifests } = read(indexSchema, json, host, 'an image manifest or index');
  const runnable = manifests.filter(({ platform }) => platform?.os !== 'unknown');
  const found =
    runnable.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64') ?? runnable[0];
  if (found === undefined) {
    throw invalid(host, 'an index with an image', 'an empty one');
  }
  return { manifest: found.digest };
}

/** What an image's config says of it; absent what it does not say in a form that can be read. */
export type ImageLabels = z.infer<typeof labelsSchema>;

export function imageLabelsOf(json: unknown): ImageLabels {
  const { created, config } = configSchema.safeParse(json).data ?? {};
  const labels = config?.Labels ?? {};
  return { created: isoTime(created), source: labels[SOURCE], revision: labels[REVISION] };
}

/** Labels as a cache kept them; undefined where it has none. */
export function readLabels(cached: unknown): ImageLabels | undefined {
  return labelsSchema.safeParse(cached).data;
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

function read<T>(schema: z.ZodType<T>, json: unknown, host: string, expected: string): T {
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
