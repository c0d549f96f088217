import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import * as z from '../../../shared/schema.ts';
import { readJson, shortText, withoutTag } from '../body.ts';
import type { PushDelivery, PushedTag } from './source.ts';

/** https://distribution.github.io/distribution/about/notifications/#events; each event is read by itself. */
const envelope = z.object({ events: z.array(z.unknown()) });
const event = z.object({
  id: shortText.check(z.minLength(1)),
  timestamp: z.optional(shortText),
  action: shortText,
  target: z.partial(z.object({ repository: shortText, tag: shortText, digest: shortText, mediaType: shortText })),
  request: z.optional(z.object({ host: z.optional(shortText) })),
  actor: z.optional(z.object({ name: z.optional(shortText) })),
});

/**
 * Reads an envelope of events, as Docker's registry and those that are made from it send it.
 *
 * What cannot be read, an event or a whole envelope, is passed over with a reason: the registry sends an envelope
 * again and again until it is taken, and sends nothing else meanwhile. The next sweep finds what such a one told of.
 */
export function readEnvelope(body: Buffer): PushDelivery {
  const read = readEvents(body).map(readEvent);
  return {
    pushes: read.flatMap((one) => (typeof one === 'string' ? [] : [one])),
    ignored: read.flatMap((one) => (typeof one === 'string' ? [one] : [])),
  };
}

/**
 * The same, of a CI job that tells in the registry's words.
 *
 * @throws SluiceError `push-malformed` for a push without a tag: of a registry it is one of a layer, or of a manifest by
 *   its digest, and says of which type; a job has forgotten it
 */
export function readJobEnvelope(body: Buffer): PushDelivery {
  for (const json of readEvents(body)) {
    const { action, target: { repository, tag = '', mediaType } = {} } = event.safeParse(json).data ?? {};
    if (action === 'push' && tag === '' && mediaType === undefined) {
      throw withoutTag(repository || 'the image');
    }
  }
  return readEnvelope(body);
}

/** Registries send one in a delivery, or the few of one push. */
const MAX_EVENTS = 100;

/** The events of an envelope; one that cannot be read holds the reason why. @throws SluiceError `push-too-large` */
function readEvents(body: Buffer): readonly unknown[] {
  try {
    const { events } = readJson(envelope, body, 'an envelope of events');
    if (events.length > MAX_EVENTS) {
      throw tooMany(events.length);
    }
    return events;
  } catch (error) {
    if (isSluiceError(error, 'push-malformed')) {
      return [new Unreadable(`an envelope that cannot be read (${error.found})`)];
    }
    throw error;
  }
}

/** Refused as a whole: what was left out would be missed by nobody. */
function tooMany(count: number): SluiceError {
  return new SluiceError({
    code: 'push-too-large',
    subject: 'push',
    expected: `at most ${MAX_EVENTS} events in a delivery`,
    found: `${count}`,
    next: 'Send them in several.',
  });
}

/** Stands for an envelope that cannot be read. */
class Unreadable {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

function readEvent(json: unknown): PushedTag | string {
  if (json instanceof Unreadable) {
    return json.reason;
  }
  const parsed = event.safeParse(json);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    return `an event that cannot be read (${fields || 'not an object'})`;
  }
  const { id, action, target, request, actor, timestamp } = parsed.data;
  const { repository, tag, digest } = target;
  if (action !== 'push') {
    return `action ${action}`;
  }
  if (repository === undefined || repository === '') {
    return 'a push without a repository';
  }
  if (tag === undefined || tag === '') {
    return `a push to ${repository} without a tag`;
  }
  return { id, registry: request?.host, repository, tag, digest, pushedAt: timestamp, actor: actor?.name };
}
