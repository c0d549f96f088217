import { ecrHost, ecrRegistry } from '../../shared/registry/ecr-address.ts';
import { type Matched, matchRegistries } from './match-registry.ts';
import { queuePushes, type Received, type ReceivePorts } from './receive.ts';
import { readEcrEvent } from './sources/ecr.ts';
import type { PushDelivery } from './sources/source.ts';

const SOURCE = 'ecr';

/**
 * Reads an event of EventBridge, which nobody but AWS and this account can send, and queues a message for its tag.
 *
 * @throws SluiceError `push-malformed`, or retryable where the queue is away
 */
export async function receiveEvent(event: unknown, ports: ReceivePorts): Promise<Received> {
  const hosts = ports.endpoints.filter(({ source }) => source === SOURCE).map(({ host }) => host);
  return queuePushes(SOURCE, matchEvent(readEcrEvent(event), hosts), ports);
}

/**
 * Parts the pushes of these hosts of ECR from those of others.
 *
 * @param delivery names registries by their common host
 */
export function matchEvent(delivery: PushDelivery, hosts: readonly string[]): Matched<string> {
  return matchRegistries(underEachName(delivery, hosts), (named) =>
    named !== undefined && hosts.includes(named)
      ? { registry: named }
      : { foreign: 'is of a registry that is not configured with source ecr' },
  );
}

/** One registry may be configured by several hosts (FIPS, dual-stack), and manifests name images by each of them. */
function underEachName({ pushes, ignored }: PushDelivery, hosts: readonly string[]): PushDelivery {
  const named = pushes.flatMap((push) => {
    const names = hosts.filter((host) => commonHost(host) === push.registry);
    return names.length === 0 ? [push] : names.map((registry) => Object.assign({}, push, { registry }));
  });
  return { pushes: named, ignored };
}

function commonHost(host: string): string | undefined {
  const registry = ecrRegistry(host);
  return registry === undefined ? undefined : ecrHost(registry);
}
