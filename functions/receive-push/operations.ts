import { deadLetterChecks } from '../../shared/operator/checks.ts';
import type { DeadLetters, Operations } from '../../shared/operator/operations.ts';
import type { PushEndpoint } from './receive.ts';

export interface ReceiveOperationPorts {
  readonly endpoints: readonly PushEndpoint[];
  /** Where registries tell of pushes, without the source; undefined where nobody says. */
  readonly pushUrl: () => string | undefined;
  /** Events that were not taken; undefined where there are none. */
  readonly deadLetters: DeadLetters | undefined;
}

/** What receive-push can say of itself. */
export function receiveOperations({ endpoints, pushUrl, deadLetters }: ReceiveOperationPorts): Operations {
  return {
    checks: [
      ...endpoints.map(({ host, source, secret }) => async () => ({
        status: 'ok' as const,
        subject: `pushes of ${host}`,
        found: secret === undefined ? `come by events of ${source}` : `are taken from source ${source} with its secret`,
      })),
      ...deadLetterChecks('events', deadLetters),
    ],
    get pushUrls() {
      const url = pushUrl();
      const sources = new Set(endpoints.flatMap(({ source, secret }) => (secret === undefined ? [] : [source])));
      return url === undefined ? [] : [...sources].map((source) => `${url}/${source}`);
    },
    deadLetters,
  };
}
