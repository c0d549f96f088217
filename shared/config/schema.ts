import * as z from 'zod';
import { ecrRegistry } from '../registry/ecr-address.ts';
import { secretReferenceSchema } from '../secrets/secret-reference.ts';
import { freezeSchema } from './freeze.ts';
import { repositorySchema } from './repository.ts';

/**
 * The shape of `sluice.yml`. Strict: a key that is not known is a fault, so that a misspelt one cannot be ignored.
 * Every default stands here and nowhere else.
 */

const duration = z
  .string()
  .regex(/^[1-9]\d*(s|m|h)$/, 'expected a duration like 30s, 15m or 2h')
  .transform(toSeconds);

const webhook = z.strictObject({
  source: z.enum(['distribution', 'generic', 'ghcr', 'gitlab']),
  secret: secretReferenceSchema.describe('What proves the sender; a source without one is refused'),
});

const awsEvents = z.strictObject({
  source: z.literal('ecr').describe("Amazon ECR's own events by EventBridge; only on AWS"),
  secret: z.never('expected none, since IAM proves the events of ECR').optional(),
});

const SOURCES = [...webhook.shape.source.options, ...awsEvents.shape.source.values];
const push = z.discriminatedUnion('source', [webhook, awsEvents], {
  error: ({ code }) =>
    code === 'invalid_union' ? `expected one of ${SOURCES.join(', ')}` : 'expected a source and its secret',
});

const registryHost = z
  .string()
  .regex(
    /^(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d+)?$/,
    'expected a host as images name it, without scheme or path: ghcr.io, localhost:5000',
  );

export const registrySchema = z.strictObject({
  host: registryHost,
  alsoAt: z
    .array(registryHost)
    .optional()
    .describe('Hosts of its token service and blob store, which may have private addresses then'),
  insecure: z.boolean().default(false).describe('Talk plain HTTP to this registry'),
  push: push.optional(),
  credentials: secretReferenceSchema
    .optional()
    .describe('user:password, or a token; a host of ECR needs none where IAM allows it'),
});

const notification = z.strictObject({
  webhook: secretReferenceSchema.describe('Where the URL that takes a POST of JSON is kept'),
});

const cluster = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "expected the agent's --name"),
  secret: secretReferenceSchema.describe("What proves the agent's reports: the text of its --report-secret-file"),
});

export const configSchema = z.strictObject({
  repositories: z.array(repositorySchema).min(1, 'expected at least one repository'),
  registries: z.array(registrySchema).min(1, 'expected at least one registry'),
  ca: secretReferenceSchema
    .optional()
    .describe('Certificates of authorities of your own, PEM: trusted for registries, Git hosts and webhooks'),
  sweep: z.strictObject({ every: duration.default(900) }).default({ every: 900 }),
  freezes: z
    .array(freezeSchema)
    .default([])
    .describe('Times in which nothing is updated: between from and until, once or each week'),
  notifications: z.array(notification).default([]),
  clusters: z
    .array(cluster)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'expected each name once')
    .optional()
    .describe('Whose reports are taken; where it is left out those of every agent that may invoke report-apply'),
});

/** One registry of `sluice.yml`. */
export type RegistryConfig = z.output<typeof registrySchema>;

/** Faults of one registry that no single value shows, each with the path below it. */
export function registryFaults({ host, push: told }: RegistryConfig): readonly string[] {
  return told?.source === 'ecr' && ecrRegistry(host) === undefined
    ? [`push.source: expected ecr only for a host like 123456789012.dkr.ecr.eu-central-1.amazonaws.com, found ${host}`]
    : [];
}

/** `sluice.yml`, checked and with every default filled in; durations are in seconds. */
export type Config = z.output<typeof configSchema>;

function toSeconds(text: string): number {
  const unit = { s: 1, m: 60, h: 3600 }[text.slice(-1)] ?? Number.NaN;
  return Number(text.slice(0, -1)) * unit;
}
