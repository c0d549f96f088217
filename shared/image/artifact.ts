/**
 * Tags by which tools keep what belongs to an image in its repository: cosign's signatures, attestations and SBOMs
 * (`sha256-<hex>.sig`), and the list of what refers to a manifest (`sha256-<hex>`, a longer digest cut at 64 digits).
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
const ARTIFACT = /^(?:sha\d+|blake3)-[0-9a-f]{64,}(?:$|[._-])/i;

/** Of a digest alone. */
const SHORTEST = 64;

/** Does this tag name what belongs to an image, and no image? */
export function isArtifactTag(tag: string): boolean {
  return tag.length > SHORTEST && ARTIFACT.test(tag);
}
