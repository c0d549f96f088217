import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { didYouMean } from '../../shared/near-miss.ts';
import * as z from '../../shared/schema.ts';

/**
 * The `params` of serverless.yml, which come as text from the command line. An empty text is an option that is off.
 * Their defaults and meanings stand in serverless.yml.
 */

const list = z.pipe(
  z.string(),
  z.transform((text) => text.split(',').flatMap((part) => part.trim() || [])),
);

const flag = z.pipe(
  z.union([z.boolean(), z.enum(['true', 'false'])], 'expected true or false'),
  z.transform((value) => value === true || value === 'true'),
);

const whole = z.pipe(z.coerce.number('expected a whole number'), z.int('expected a whole number'));

const count = whole.check(z.positive('expected 1 or more'));

const concurrency = count.check(
  z.minimum(2, 'expected 2 or more: SQS knows no lower limit'),
  z.maximum(1000, 'expected 1000 or less'),
);

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

const optional = (pattern: RegExp, expected: string) =>
  z.pipe(
    z.union([z.literal(''), z.string().check(z.regex(pattern, expected))], expected),
    z.transform((text) => text || undefined),
  );

const keyArn = optional(
  /^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
  'expected the ARN of a key: arn:aws:kms:…:key/…',
);

const tags = z.pipe(
  list,
  z.transform((pairs, context) => {
    const entries = pairs.map((pair) => /^([^=]+)=(.*)$/.exec(pair));
    if (entries.includes(null)) {
      z.addFault(context, 'expected name=value, separated by commas');
    }
    return Object.fromEntries(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? '', entry[2] ?? '']])));
  }),
);

const size = z.object({
  memorySize: z.int().check(z.minimum(128), z.maximum(10_240), z.describe('MB')),
  timeout: z.int().check(z.minimum(1), z.maximum(900), z.describe('seconds')),
});

export const settingsSchema = z.object({
  /** Short enough for the longest name, that of a role: `<target>-evaluate-policy-<region>`, 64 characters. */
  target: z
    .string()
    .check(z.regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, 'expected prefix-stage of 32 letters, digits and dashes at most')),
  config: z.string().check(z.regex(/^(?!\/|.*\.\.).+$/, 'expected a file in this folder')),
  logLevel: z.enum(['debug', 'info', 'warn', 'error'], 'expected debug, info, warn or error'),
  logRetention: count.check(
    z.refine(
      (days) => RETENTION_DAYS.has(days),
      'expected a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, …',
    ),
  ),
  secretsSeconds: whole.check(z.minimum(0, 'expected 0 or more')),
  pushRate: count,
  pushBurst: count,
  maxReceives: count.check(z.maximum(1000, 'expected 1000 or less')),
  evaluateConcurrency: concurrency,
  commitConcurrency: concurrency,
  reserveConcurrency: flag,
  tracing: flag,
  tags,
  subnets: list,
  securityGroups: list,
  permissionsBoundary: optional(/^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/.+$/, "expected a managed policy's ARN"),
  kmsKey: keyArn,
  secretsKmsKey: keyArn,
  alarms: flag,
  alarmTopic: optional(
    /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/,
    'expected the ARN of a topic of this region: arn:aws:sns:…',
  ),
  alarmEmail: optional(/^[^@\s]+@[^@\s]+$/, 'expected an address: name@example.com'),
  dashboard: flag,
  sizes: z.pipe(
    z.record(z.string(), size),
    z.transform((sizes) => sizes as Readonly<Record<FunctionName, z.output<typeof size>>>),
  ),
});

/** What `serverless.yml` and the command line say of a deployment, in their own types. */
export type StackSettings = z.output<typeof settingsSchema>;

/**
 * The faults of params that nothing reads, which Serverless takes without a word.
 *
 * @param told those of the command line, `name=value`
 * @param params those of serverless.yml by stage; `default` has every name that there is
 */
export function unknownParams(
  told: readonly string[],
  params: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly string[] {
  const known = Object.keys(params['default'] ?? {});
  const names = [...told.map((one) => one.split('=', 1)[0] ?? ''), ...Object.values(params).flatMap(Object.keys)];
  return [...new Set(names)]
    .filter((name) => !known.includes(name))
    .map((name) => `--param ${name}: expected a name that serverless.yml has${didYouMean(name, known)}`);
}

/** Settings, and every fault of them at once. */
export function readStackSettings(values: unknown): {
  readonly settings?: StackSettings;
  readonly faults: readonly string[];
} {
  const parsed = settingsSchema.safeParse(values);
  if (!parsed.success) {
    return { faults: parsed.error.issues.map(({ path, message }) => `--param ${path.join('.')}: ${message}`) };
  }
  const settings = parsed.data;
  const halfVpc = (settings.subnets.length === 0) !== (settings.securityGroups.length === 0);
  const isTold = settings.alarmTopic !== undefined || settings.alarmEmail !== undefined;
  return {
    settings,
    faults: [
      ...(halfVpc ? ['--param subnets, securityGroups: expected both, or none'] : []),
      ...(isTold && !settings.alarms ? ['--param alarms: expected true, for alarmTopic or alarmEmail is given'] : []),
    ],
  };
}
