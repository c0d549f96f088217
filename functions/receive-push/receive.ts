import type { Log, LogFields } from '../../shared/log.ts';
import type { ImagePush } from '../../shared/queue/messages.ts';
import type { MessageSender } from '../../shared/queue/port.ts';
import { checkSize } from './body.ts';
import { checkFresh } from './freshness.ts';
import { claimFor, type Matched, type MatchedPush, matchRegistries } from './match-registry.ts';
import { UNPROVEN, unauthentic } from './refusal.ts';
import type { RawPushDelivery } from './sources/source.ts';
import { findSource } from './sources/sources.ts';

/** A registry that may tell of pushes. */
export interface PushEndpoint {
  /** As images name it. */
  readonly host: string;
  readonly source: string;
  /** Undefined where no webhook is to be proven: the events of AWS are proven by IAM. */
  readonly secret: string | undefined;
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
export async function receivePush(
  sourceName: string,
  delivery: RawPushDelivery,
  ports: ReceivePorts,
): Promise<Received> {
  const source = findSource(sourceName);
  const endpoints = ports.endpoints.filter((endpoint) => endpoint.source === sourceName);
  if (source === undefined || endpoints.length === 0) {
    throw unauthentic(sourceName, 'no registry with this source');
  }
  checkSize(delivery.body, sourceName);
  // Every one is tried, so that the time does not tell which of them was close.
  const proven = endpoints.filter(({ secret }) => secret !== undefined && source.isAuthentic(delivery, secret));
  if (proven.length === 0) {
    throw unauthentic(sourceName, UNPROVEN);
  }
  const read = source.read(delivery);
  checkFresh(read.signedAt, ports.now());
  const hostsOf = (some: readonly PushEndpoint[]) => some.map(({ host }) => host);
  const claim = claimFor(hostsOf(proven), hostsOf(ports.endpoints));
  return queuePushes(sourceName, matchRegistries(read, claim), ports);
}

/**
 * Queues a message for each push that is taken, and tells what came of a delivery.
 *
 * @throws SluiceError retryable where the queue is away
 */
export async function queuePushes(
  sourceName: string,
  { pushes, ignored }: Matched<string>,
  ports: ReceivePorts,
): Promise<Received> {
  const log = ports.log.with({ source: sourceName });
  try {
    await ports.pushes.send(pushes.map((push) => ({ body: JSON.stringify(toMessage(push, sourceName, ports.now())) })));
  } catch (error) {
    for (const push of pushes) {
      log.error('push not taken', { ...describe(push), error });
    }
    throw error;
  }
  for (const push of pushes) {
    log.info('push received', { ...describe(push), digest: push.digest, actor: push.actor });
  }
  for (const reason of ignored) {
    log.info('push ignored', { reason });
  }
  return { accepted: pushes.length, ignored };
}

function describe({ id, registry, repository, tag }: MatchedPush<string>): LogFields {
  return { push: id, image: `${registry}/${repository}`, tag };
}

function toMessage(push: MatchedPush<string>, source: string, now: number): ImagePush {
  const { id, registry, repository, tag, digest, actor } = push;
  const receivedAt = new Date(now).toISOString();
  // Nothing is received before it was pushed; both are in UTC, to the millisecond.
  const pushedAt = push.pushedAt !== undefined && push.pushedAt < receivedAt ? push.pushedAt : receivedAt;
  return { version: 1, id, source, registry, repository, tag, digest, pushedAt, actor, receivedAt };
}
