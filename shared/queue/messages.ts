import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';

/**
 * What travels between the functions. Every message carries the version of its shape, so that messages in flight
 * survive an upgrade. Times are ISO 8601 in UTC.
 */

/** Files that the policy of one site may be declared in. */
export const MAX_DECLARING_FILES = 50;

/** A tag that a registry says was pushed. A hint: nothing is committed that the registry itself did not confirm. */
export const imagePushSchema = z.object({
  version: z.literal(1),
  /** The registry's own event id where it has one (a redelivery keeps it), else one made from the content. */
  id: z.string().check(z.minLength(1)),
  /** The kind of sender: `distribution`, `generic`, `sweep`, … */
  source: z.string().check(z.minLength(1)),
  /** Host with port, as images are named: `registry.gitlab.com`, `127.0.0.1:5000`. */
  registry: z.string().check(z.minLength(1)),
  repository: z.string().check(z.minLength(1)),
  tag: z.string().check(z.minLength(1)),
  digest: z.optional(z.string()),
  /** When the sender says it was pushed, not later than `receivedAt`: for people and figures, never for a decision. */
  pushedAt: z.optional(z.iso.datetime()),
  actor: z.optional(z.string()),
  /** When receive-push took it. */
  receivedAt: z.iso.datetime(),
  /** The end of a hold that it waited for: whatever was pushed meanwhile, the newest goes then. */
  heldUntil: z.optional(z.iso.datetime()),
});
export type ImagePush = z.infer<typeof imagePushSchema>;

/** A decided change of one site. */
export const imageUpdateSchema = z.object({
  version: z.literal(1),
  /** URL of the Git repository, as configured. */
  repository: z.string().check(z.minLength(1)),
  branch: z.string().check(z.minLength(1)),
  /** The commit that the decision was made at. */
  revision: z.string().check(z.minLength(1)),
  site: z.object({
    file: z.string().check(z.minLength(1)),
    /** `deployment/default/hello` */
    object: z.string().check(z.minLength(1)),
    container: z.string().check(z.minLength(1)),
  }),
  /** Normalised name without tag: `registry.gitlab.com/lucj/hello`. */
  image: z.string().check(z.minLength(1)),
  /** The image as the manifest wrote it when the decision was made. */
  from: z.string().check(z.minLength(1)),
  to: z.object({
    tag: z.string().check(z.minLength(1)),
    digest: z.optional(z.string()),
    created: z.optional(z.iso.datetime()),
    /** When it was first seen, where the policy asks for an age. */
    seenAt: z.optional(z.iso.datetime()),
    /** Earlier releases sent it; nothing is decided by it. */
    pushedAt: z.optional(z.iso.datetime()),
  }),
  /** The policy's text, for people. */
  policy: z.string(),
  /** The files that declare the policy, where it stands elsewhere than beside the site. Earlier releases sent none. */
  declaredIn: z.optional(z.readonly(z.array(z.string().check(z.minLength(1))).check(z.maxLength(MAX_DECLARING_FILES)))),
  push: z.object({
    id: z.string(),
    source: z.string(),
    pushedAt: z.optional(z.iso.datetime()),
    receivedAt: z.iso.datetime(),
  }),
});
export type ImageUpdate = z.infer<typeof imageUpdateSchema>;

/** A message of the queue of updates: those of one branch; before version 2, one by itself. */
export const imageUpdatesSchema = z.pipe(
  z.discriminatedUnion('version', [
    z.object({ version: z.literal(2), updates: z.array(imageUpdateSchema).check(z.minLength(1)) }),
    imageUpdateSchema,
  ]),
  z.transform((message): readonly ImageUpdate[] => (message.version === 2 ? message.updates : [message])),
);

/** What happened to one object of a revision. */
export const objectActionSchema = z.enum(['created', 'configured', 'unchanged', 'pruned', 'skipped', 'failed']);
export type ObjectAction = z.infer<typeof objectActionSchema>;

/** What came of applying a revision in one cluster. */
export const applyReportSchema = z.object({
  version: z.literal(1),
  /** The agent's name, one per cluster. */
  cluster: z.string().check(z.minLength(1)),
  repository: z.string().check(z.minLength(1)),
  branch: z.string().check(z.minLength(1)),
  revision: z.string().check(z.minLength(1)),
  objects: z.array(
    z.object({
      /** `deployment/default/hello` */
      object: z.string().check(z.minLength(1)),
      action: objectActionSchema,
      reason: z.optional(z.string()),
    }),
  ),
  healthy: z.boolean(),
  /** Why it is not healthy, one sentence each. */
  problems: z.array(z.string()),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type ApplyReport = z.infer<typeof applyReportSchema>;

/**
 * Reads a message's body.
 *
 * @param subject what the message is called in the error: `message of queue pushes`
 * @throws SluiceError `message-invalid`, which no retry mends
 */
export function readMessage<T>(schema: z.ZodMiniType<T>, body: string, subject: string): T {
  return checkMessage(schema, readJson(body, subject), subject);
}

/** Reads a message's body, whatever it says. @throws SluiceError `message-invalid` */
export function readJson(body: string, subject: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new SluiceError({ code: 'message-invalid', subject, expected: 'JSON', found: 'something else', cause });
  }
}

/**
 * Checks a message that came as a value.
 *
 * @throws SluiceError `message-invalid`
 */
export function checkMessage<T>(schema: z.ZodMiniType<T>, value: unknown, subject: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const { issues } = parsed.error;
  const later = laterVersion.safeParse(value).data?.version;
  if (later !== undefined && issues.some(({ path }) => path[0] === 'version')) {
    throw new SluiceError({
      code: 'message-invalid',
      subject,
      expected: 'a version that this release knows',
      found: `version ${later}`,
      next: 'A later release sent it: deploy that again, then send it back (sluice replay --redrive).',
    });
  }
  const found = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new SluiceError({ code: 'message-invalid', subject, expected: 'a message as this release knows it', found });
}

/** Whatever else it holds; there is none before 1. */
const laterVersion = z.object({ version: z.int().check(z.minimum(2)) });
