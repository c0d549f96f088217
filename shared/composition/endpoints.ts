import type { Config } from '../config/schema.ts';
import { SluiceError } from '../errors.ts';
import type { SecretReader } from '../secrets/secrets.ts';

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
 * @throws SluiceError `secret-unavailable`, also where one is no URL: what it is instead is not said
 */
export async function readWebhooks({ config, secrets }: Secrets): Promise<readonly URL[]> {
  return Promise.all(config.notifications.map(async ({ webhook }) => webhookOf(await secrets(webhook), webhook)));
}

/**
 * The clusters whose agents prove their reports, and what proves them; undefined where none are configured.
 *
 * @throws SluiceError `secret-unavailable`
 */
export async function readClusters({ config: { clusters }, secrets }: Secrets) {
  return clusters && Promise.all(clusters.map(async ({ name, secret }) => ({ name, secret: await secrets(secret) })));
}

function webhookOf(text: string, reference: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || `${url.username}${url.password}` !== '') {
    throw new SluiceError({
      code: 'secret-unavailable',
      subject: `secret ${reference}`,
      expected: "a webhook's URL: https://host/path, without a user or password",
      found: 'something else',
      next: 'Store the whole URL where the reference points.',
    });
  }
  return url;
}
