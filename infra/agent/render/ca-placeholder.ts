import { isRecord } from './record.ts';

/** An empty line in Base64, which generators write for the API server to take, and which it no longer does. */
const PLACEHOLDERS = new Set(['', 'Cg==']);

/** Where an object names the authority of a webhook or of an aggregated API. */
const BUNDLES = [
  ['webhooks', 'clientConfig'],
  ['spec', 'conversion', 'webhook', 'clientConfig'],
  ['spec', 'conversion', 'webhookClientConfig'],
  ['spec'],
];
const KINDS = new Set([
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'APIService',
]);

/**
 * Leaves a `caBundle` out, in place, that stands only for one that another hand fills in, as Flux does: the API server
 * refuses it, and it would be drift.
 */
export function dropCaPlaceholders(manifest: Record<string, unknown>): void {
  if (KINDS.has(String(manifest['kind']))) {
    for (const path of BUNDLES) {
      drop(manifest, path);
    }
  }
}

function drop(value: unknown, path: readonly string[]): void {
  const [name, ...rest] = path;
  if (Array.isArray(value)) {
    for (const item of value) {
      drop(item, path);
    }
  } else if (isRecord(value) && name !== undefined) {
    drop(value[name], rest);
  } else if (isRecord(value)) {
    const { caBundle } = value;
    if (typeof caBundle === 'string' && PLACEHOLDERS.has(caBundle.trim())) {
      delete value['caBundle'];
    }
  }
}
