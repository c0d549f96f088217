import type { FunctionBase } from '../../shared/composition/function-base.ts';
import type { ConnectionOptions } from '../../shared/composition/open.ts';
import type { QueueName } from '../../shared/config/environment.ts';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import type { MessageQueue } from '../../shared/queue/port.ts';
import { MAX_RECEIVES, type Queues } from './queues.ts';

/**
 * What a function is opened on here, in the place of Lambda's base.
 *
 * @param pushUrl where registries tell of pushes, once it is known
 */
export function localBase(
  name: FunctionName,
  connection: ConnectionOptions,
  queues: Queues,
  pushUrl: () => string | undefined,
): FunctionBase {
  const log = connection.log.with({ service: name });
  const dead = deadLettersOf(name, queues);
  const queueOf = (queue: QueueName): MessageQueue => {
    const found = queue === 'dead-letters' ? dead : queues[queue];
    if (found === undefined) {
      throw new Error(`expected a dead-letter queue of ${name}, found none`);
    }
    return found;
  };
  return {
    connection: { ...connection, log },
    pushUrl,
    sender: queueOf,
    queue: async (queue) => queueOf(queue),
    // The poller hides what failed itself.
    consuming: () => ({ deadLetters: queueOf('dead-letters'), maxReceives: MAX_RECEIVES, log }),
    deadLetters: (target) => dead && { open: async () => dead, target: target(dead) },
  };
}

function deadLettersOf(name: FunctionName, queues: Queues): MessageQueue | undefined {
  const { pushesDead, updatesDead, reportsDead } = queues;
  const owned: Partial<Record<FunctionName, MessageQueue>> = {
    'evaluate-policy': pushesDead,
    'commit-image': updatesDead,
    'report-apply': reportsDead,
  };
  return owned[name];
}
