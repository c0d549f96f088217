import { OWNER_LABEL } from '../inventory/inventory.ts';
import type { Manifest } from '../manifest.ts';

/** A manifest as it is applied: with the label that says whose the object is, and so that each of its fields is tracked. */
export function desiredState(manifest: Manifest, agent: string): Manifest {
  const { metadata } = manifest;
  const labelled = { ...manifest, metadata: { ...metadata, labels: { ...metadata.labels, [OWNER_LABEL]: agent } } };
  return manifest.kind === 'Secret' && manifest.apiVersion === 'v1' ? encoded(labelled) : labelled;
}

/**
 * The API server writes `stringData` to `data`, but tracks nobody as the one who set it: a change by another hand could
 * not be seen, and a key that left Git would stay.
 */
function encoded(manifest: Manifest): Manifest {
  const { stringData, ...secret } = manifest;
  const texts = Object.entries(stringData ?? {});
  if (![stringData, secret['data']].every(isMapOrNothing) || texts.some(([, value]) => typeof value !== 'string')) {
    // The API server says what is wrong with it.
    return manifest;
  }
  const data = texts.map(([name, value]) => [name, Buffer.from(String(value)).toString('base64')]);
  return texts.length === 0
    ? secret
    : { ...secret, data: { ...(secret['data'] as object | undefined), ...Object.fromEntries(data) } };
}

function isMapOrNothing(value: unknown): boolean {
  return value == null || (typeof value === 'object' && !Array.isArray(value));
}
