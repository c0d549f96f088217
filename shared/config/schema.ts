import { ecrRegistry } from '../registry/ecr-address.ts';
import * as z from '../schema.ts';
import { secretReferenceSchema } from '../secrets/secret-reference.ts';
import { freezeSchema } from './freeze.ts';
import { repositorySchema } from './repository.ts';

/**
 * The shape of `sluice.yml`. Strict: a key that is not known is a fault, so that a misspelt one cannot be ignored.
 * Every default stands here and nowhere else.
 */

const duration = z.pipe(
  z.string().check(z.regex(/^[1-9]\d*(s|m|h)$/, 'expected a duration like 30s, 15m or 2h')),
  z.transform(toSeconds),
);

const webhook = z.strictObject({
  source: z.enum(['distribution', 'generic', 'ghcr', 'gitlab']),
  secret: secretReferenceSchema.check(z.describe('What proves the sender; a source without one is refused')),
});

const awsEvents = z.strictObject({
  source: z.literal('ecr').check(z.describe("Amazon ECR's own events by EventBridge; only on AWS")),
  secret: z.optional(z.never('expected none, since IAM proves the events of ECR')),
});

const SOURCES = [...webhook.shape.source.options, ...awsEvents.shape.source.def.values];
const push = z.discriminatedUnion('source', [webhook, awsEvents], {
  error: ({ code }) =>
    code === 'invalid_union' ? `expected one of ${SOURCES.join(', ')}` : 'expected a source and its secret',
});

const registryHost = z
  .string()
  .check(
    z.regex(
      /^(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d+)?$/,
      'expected a host as images name it, without scheme or path: ghcr.io, localhost:5000',
    ),
  );

export const registrySchema = z.strictObject({
  host: registryHost,
  alsoAt: z
    .optional(z.array(registryHost))
    .check(z.describe('Hosts of its token service and blob store, which may have private addresses then')),
  insecure: z._default(z.boolean(), false).check(z.describe('Talk plain HTTP to this registry')),
  push: z.optional(push),
  credentials: z
    .optional(secretReferenceSchema)
    .check(z.describe('user:password, or a token; a host of ECR needs none where IAM allows it')),
});

const notification = z.strictObject({
  webhook: secretReferenceSchema.check(z.describe('Where the URL that takes a POST of JSON is kept')),
});

const cluster = z.strictObject({
  name: z.string().check(z.regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "expected the agent's --name")),
  secret: secretReferenceSchema.check(
    z.describe("What proves the agent's reports: the text of its --report-secret-file"),
  ),
});

export const configSchema = z.strictObject({
  repositories: z.array(repositorySchema).check(z.minLength(1, 'expected at least one repository')),
  registries: z.array(registrySchema).check(z.minLength(1, 'expected at least one registry')),
  ca: z
    .optional(secretReferenceSchema)
    .check(z.describe('Certificates of authorities of your own, PEM: trusted for registries, Git hosts and webhooks')),
  sweep: z._default(z.strictObject({ every: z._default(duration, 900) }), { every: 900 }),
  freezes: z
    ._default(z.array(freezeSchema), [])
    .check(z.describe('Times in which nothing is updated: between from and until, once or each week')),
  notifications: z._default(z.array(notification), []),
  clusters: z
    .optional(
      z
        .array(cluster)
        .check(z.refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'expected each name once')),
    )
    .check(
      z.describe('Whose reports are taken; where it is left out those of every agent that may invoke report-apply'),
    ),
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
