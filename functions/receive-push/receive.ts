import { SluiceError } from '../../shared/errors.ts';
import { parseReference } from '../../shared/image/reference.ts';
import type { Log } from '../../shared/log.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { isoTime } from '../../shared/time.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { distribution } from './sources/distribution.ts';
import { generic } from './sources/generic.ts';
import type { Delivery, PushedTag, RawDelivery, Source } from './sources/source.ts';

const SOURCES: Readonly<Record<string, Source>> = { distribution, generic };

/** A registry that may tell of pushes. */
export interface PushEndpoint {
  /** As images name it. */
  readonly host: string;
  readonly source: string;
  readonly secret: string;
}

export interface ReceivePorts {
  readonly endpoints: readonly PushEndpoint[];
  readonly pushes: MessageSender;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What was made of a delivery. */
export interface Received {
  readonly accepted: number;
  /** Why the rest of it is of no interest. */
  readonly ignored: readonly string[];
}

/**
 * Proves a delivery, reads it, and queues a message for each pushed tag.
 *
 * @throws SluiceError `push-too-large`, `push-unauthentic`, `push-malformed`, or retryable where the queue is away
 */
export async function receivePush(sourceName: string, delivery: RawDelivery, ports: ReceivePorts): Promise<Received> {
  const log = ports.log.with({ source: sourceName });
  const source = SOURCES[sourceName];
  const endpoints = ports.endpoints.filter((endpoint) => endpoint.source === sourceName);
  if (source === undefined || endpoints.length === 0) {
    throw unauthentic(sourceName, 'no registry with this source');
  }
  if (delivery.body.length > MAX_BODY_BYTES) {
    throw new SluiceError({
      code: 'push-too-large',
      subject: `push of source ${sourceName}`,
      expected: `at most ${MAX_BODY_BYTES} bytes`,
      found: `${delivery.body.length}`,
    });
  }
  // Every one is tried, so that the time does not tell which of them was close.
  const proven = endpoints.filter(({ secret }) => source.isAuthentic(delivery, secret));
  if (proven.length === 0) {
    throw unauthentic(sourceName, 'a wrong secret or signature, or none');
  }
  const { pushes, ignored } = sortOut(source.read(delivery), proven);
  await ports.pushes.send(pushes.map((push) => ({ body: JSON.stringify(toMessage(push, sourceName, ports.now())) })));
  for (const { id, registry, repository, tag, digest, actor } of pushes) {
    log.info('push received', { push: id, image: `${registry}/${repository}`, tag, digest, actor });
  }
  for (const reason of ignored) {
    log.info('push ignored', { reason });
  }
  return { accepted: pushes.length, ignored };
}

type KnownPush = PushedTag & { readonly registry: string };

/** A sender speaks for its own registry; one that does not say which speaks for the one that it is configured for. */
function sortOut(delivery: Delivery, endpoints: readonly PushEndpoint[]) {
  const pushes: KnownPush[] = [];
  const ignored = [...delivery.ignored];
  for (const push of delivery.pushes) {
    const registry = normalHost(push.registry) ?? (endpoints.length === 1 ? endpoints[0]?.host : undefined);
    const image = `${registry ?? 'an unnamed registry'}/${push.repository}:${push.tag}`;
    if (registry === undefined || !endpoints.some(({ host }) => host === registry)) {
      ignored.push(`${image} is not of ${endpoints.map(({ host }) => host).join(' or ')}, which this secret is for`);
    } else if (!isImage(`${registry}/${push.repository}:${push.tag}`)) {
      ignored.push(`${image} is not the name of an image`);
    } else {
      pushes.push({ ...push, registry });
    }
  }
  return { pushes, ignored };
}

function toMessage(push: KnownPush, source: string, now: number): ImagePush {
  const { id, registry, repository, tag, digest, actor } = push;
  const receivedAt = new Date(now).toISOString();
  const pushedAt = isoTime(push.pushedAt) ?? receivedAt;
  return {
    version: 1,
    id,
    source,
    registry,
    repository,
    tag,
    digest: wholeDigest(digest),
    pushedAt,
    actor,
    receivedAt,
  };
}

/** A digest that is cut short is dropped, the push is not: the registry is asked for it anyway. */
function wholeDigest(digest: string | undefined): string | undefined {
  return digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function normalHost(host: string | undefined): string | undefined {
  return host === 'index.docker.io' ? 'docker.io' : host?.toLowerCase();
}

function isImage(text: string): boolean {
  try {
    return parseReference(text).tag !== undefined;
  } catch {
    return false;
  }
}

function unauthentic(source: string, found: string): SluiceError {
  return new SluiceError({
    code: 'push-unauthentic',
    subject: `push of source ${JSON.stringify(source)}`,
    expected: 'a sender that is configured',
    found,
  });
}
