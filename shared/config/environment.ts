import { SluiceError } from '../errors.ts';
import type { LogLevel } from '../log.ts';
import * as z from '../schema.ts';
import { type SecretReader, secretReader } from '../secrets/secrets.ts';
import { loadPackagedConfig } from './packaged.ts';
import type { Config } from './schema.ts';

/** The variables that `serverless.yml` sets; which of them a function has depends on what it may do. */
const environmentSchema = z.object({
  SLUICE_CONFIG: z._default(z.string().check(z.minLength(1)), 'sluice.packaged.json'),
  SLUICE_LOG_LEVEL: z._default(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
  SLUICE_MAX_RECEIVES: z._default(z.pipe(z.coerce.number(), z.int().check(z.positive())), 5),
  SLUICE_PUSHES_QUEUE: z.optional(z.url()),
  SLUICE_UPDATES_QUEUE: z.optional(z.url()),
  SLUICE_DEAD_LETTERS_QUEUE: z.optional(z.url()),
  SLUICE_PUSH_URL: z.optional(z.url()),
  SLUICE_CACHE_TABLE: z.optional(z.string().check(z.minLength(1))),
  SLUICE_SECRETS_SECONDS: z._default(z.pipe(z.coerce.number(), z.int().check(z.nonnegative())), 300),
});

/** A queue as a function knows it; `dead-letters` is that function's own. */
export type QueueName = 'pushes' | 'updates' | 'dead-letters';

export interface Environment {
  readonly config: Config;
  /** Remembers nothing. */
  readonly secrets: SecretReader;
  /** How long what was read is good. */
  readonly secretsSeconds: number;
  readonly logLevel: LogLevel;
  readonly maxReceives: number;
  /** Where registries tell of pushes, without the source. */
  readonly pushUrl: string | undefined;
  /** The DynamoDB table of the cache; undefined where the cache is in memory. */
  readonly cacheTable: string | undefined;
  /** The URL of a queue. @throws SluiceError `config-invalid` where this function was not given it */
  queueUrl(name: QueueName): string;
}

/**
 * Reads a function's environment and the configuration that it points to.
 *
 * @throws SluiceError `config-invalid` with every fault at once
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) {
    const found = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new SluiceError({ code: 'config-invalid', subject: 'environment', found });
  }
  const values = parsed.data;
  const queues = {
    pushes: ['SLUICE_PUSHES_QUEUE', values.SLUICE_PUSHES_QUEUE],
    updates: ['SLUICE_UPDATES_QUEUE', values.SLUICE_UPDATES_QUEUE],
    'dead-letters': ['SLUICE_DEAD_LETTERS_QUEUE', values.SLUICE_DEAD_LETTERS_QUEUE],
  } as const;
  return {
    config: loadPackagedConfig(values.SLUICE_CONFIG),
    secrets: secretReader(variables),
    logLevel: values.SLUICE_LOG_LEVEL,
    maxReceives: values.SLUICE_MAX_RECEIVES,
    secretsSeconds: values.SLUICE_SECRETS_SECONDS,
    pushUrl: values.SLUICE_PUSH_URL,
    cacheTable: values.SLUICE_CACHE_TABLE,
    queueUrl(name) {
      const [variable, url] = queues[name];
      if (url === undefined) {
        throw new SluiceError({
          code: 'config-invalid',
          subject: variable,
          expected: 'the URL of a queue',
          found: 'nothing',
        });
      }
      return url;
    },
  };
}
