import type { FunctionName } from '../../shared/config/secret-uses.ts';

/** A queue of the template, by its logical id. */
export type QueueId = 'PushesQueue' | 'PushesDead' | 'UpdatesQueue' | 'UpdatesDead' | 'ReportsDead' | 'EventsDead';

/** Who writes logs. */
export type LogSource = FunctionName | 'http-api';

/** What a function uses beside its secrets; its role follows from this table. */
export interface Uses {
  /** The queue that feeds it. */
  readonly source?: QueueId;
  /** Where it sends messages of its own. */
  readonly sends: readonly QueueId[];
  /** Where what failed for good goes; it is read by operations, and sent back from. */
  readonly deadLetters?: QueueId;
  readonly usesCache: boolean;
  /** Which actions it needs at registries of ECR; `ecr:GetAuthorizationToken` comes with any. */
  readonly ecr: readonly string[];
}

/**
 * One manifest, the config blob that has the image's age, and all tags where what stands at a site has no rank:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_service-with-iam.html
 */
const LOOK_UP = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:ListImages'];
/** And when an image was pushed, where a policy asks for an age. */
const DECIDE = [...LOOK_UP, 'ecr:DescribeImages'];

export const USES: Readonly<Record<FunctionName, Uses>> = {
  'receive-push': { sends: ['PushesQueue'], deadLetters: 'EventsDead', usesCache: false, ecr: [] },
  'evaluate-policy': {
    source: 'PushesQueue',
    sends: ['UpdatesQueue'],
    deadLetters: 'PushesDead',
    usesCache: true,
    ecr: DECIDE,
  },
  'commit-image': { source: 'UpdatesQueue', sends: [], deadLetters: 'UpdatesDead', usesCache: true, ecr: LOOK_UP },
  sweep: { sends: ['PushesQueue'], usesCache: true, ecr: DECIDE },
  'report-apply': { sends: [], deadLetters: 'ReportsDead', usesCache: true, ecr: [] },
};

export const FUNCTIONS: readonly FunctionName[] = [
  'receive-push',
  'evaluate-policy',
  'commit-image',
  'sweep',
  'report-apply',
];

/** The dead-letter queues, by the names that `sluice replay` takes. */
export const DEAD_LETTER_QUEUES = [
  { id: 'PushesDead', name: 'pushes', holds: 'Pushes that evaluate-policy gave up' },
  { id: 'UpdatesDead', name: 'updates', holds: 'Updates that commit-image gave up' },
  { id: 'ReportsDead', name: 'reports', holds: 'Reports that report-apply gave up' },
  { id: 'EventsDead', name: 'events', holds: "ECR's events that receive-push gave up" },
] as const satisfies readonly { readonly id: QueueId; readonly name: string; readonly holds: string }[];

/** The beginning of a function's logical ids of ours: `ReceivePush`. */
export function pascal(name: FunctionName): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
