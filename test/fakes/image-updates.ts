import type { SQSEvent } from 'aws-lambda';
import type { ImageUpdate } from '../../shared/queue/messages.ts';
import { sqsEvent } from './sqs-event.ts';

/** What an update of one Deployment's image is, besides the tag. */
export interface UpdateOf {
  readonly url: string;
  readonly image: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly revision: string;
}

/** An update as evaluate-policy sends it. */
export function imageUpdate({ url, image, file, from, to, revision }: UpdateOf): ImageUpdate {
  return {
    version: 1,
    repository: url,
    branch: 'main',
    revision,
    site: { file, object: 'deployment/default/hello', container: 'hello' },
    image,
    from: `${image}:${from}`,
    to: { tag: to },
    policy: 'semver:~1',
    push: { id: `push-${image}-${to}`, source: 'generic', receivedAt: '2026-11-23T10:00:00Z' },
  };
}

/** A batch of the queue of updates. */
export function updatesEvent(messages: readonly (readonly ImageUpdate[])[]): SQSEvent {
  return sqsEvent(
    messages.map((updates) => JSON.stringify({ version: 2, updates })),
    { groupId: 'group' },
  );
}
