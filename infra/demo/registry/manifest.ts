import * as z from '../../../shared/schema.ts';
import { contentDigest, isDigest, type RegistryStore } from './store.ts';

/** Why a manifest is refused: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
export interface ManifestFault {
  readonly code: 'DIGEST_INVALID' | 'MANIFEST_INVALID' | 'MANIFEST_BLOB_UNKNOWN';
  readonly message: string;
}

const TAG = /^\w[\w.-]{0,127}$/;
const descriptor = z.object({ digest: z.string() });
const manifest = z.union([
  z.object({ config: descriptor, layers: z.array(descriptor) }),
  z.object({ manifests: z.array(descriptor) }),
]);

/**
 * What is wrong with a manifest that is pushed, as Docker's registry sees it; undefined where nothing is.
 *
 * @param reference the tag or digest that it is pushed as
 */
export async function faultOf(
  store: RegistryStore,
  repository: string,
  reference: string,
  content: Buffer,
): Promise<ManifestFault | undefined> {
  if (isDigest(reference) ? contentDigest(content) !== reference : !TAG.test(reference)) {
    return { code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' };
  }
  const parsed = manifest.safeParse(readJson(content));
  if (!parsed.success) {
    return { code: 'MANIFEST_INVALID', message: 'manifest invalid' };
  }
  const parts =
    'manifests' in parsed.data
      ? parsed.data.manifests.map(async ({ digest }) => store.manifest(repository, digest))
      : [parsed.data.config, ...parsed.data.layers].map(async ({ digest }) => store.blobBytes(digest));
  return (await Promise.all(parts)).includes(undefined)
    ? { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry' }
    : undefined;
}

function readJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
