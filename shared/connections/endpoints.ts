import type { Config } from '../config/schema.ts';
import type { SecretReader } from '../config/secrets.ts';

/** A configuration, and the way to the secrets that it names. */
export interface Secrets {
  readonly config: Config;
  readonly secrets: SecretReader;
}

/**
 * The registries that tell of pushes, with what proves them; IAM proves those that have no secret.
 *
 * @throws SluiceError `secret-unavailable`
 */
export async function readPushEndpoints({ config, secrets }: Secrets) {
  const endpoints = config.registries.map(async ({ host, push }) =>
    push === undefined ? [] : [{ host, source: push.source, secret: push.secret && (await secrets(push.secret)) }],
  );
  return (await Promise.all(endpoints)).flat();
}

/**
 * The URLs of the configured webhooks.
 *
 * @throws SluiceError `secret-unavailable`
 */
export async function readWebhooks({ config, secrets }: Secrets) {
  return Promise.all(config.notifications.map(async ({ webhook }) => secrets(webhook)));
}
