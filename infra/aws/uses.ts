import type { FunctionName } from '../../shared/config/secret-uses.ts';

/** A queue of the template, by its logical id. */
export type QueueId = 'PushesQueue' | 'PushesDead' | 'UpdatesQueue' | 'UpdatesDead' | 'ReportsDead' | 'EventsDead';

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

/** One manifest, and the config blob that has the image's age: https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_service-with-iam.html */
const LOOK_UP = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

export const USES: Readonly<Record<FunctionName, Uses>> = {
  'receive-push': { sends: ['PushesQueue'], deadLetters: 'EventsDead', usesCache: false, ecr: [] },
  'evaluate-policy': {
    source: 'PushesQueue',
    sends: ['UpdatesQueue'],
    deadLetters: 'PushesDead',
    usesCache: true,
    ecr: LOOK_UP,
  },
  'commit-image': { source: 'UpdatesQueue', sends: [], deadLetters: 'UpdatesDead', usesCache: true, ecr: LOOK_UP },
  sweep: { sends: ['PushesQueue'], usesCache: true, ecr: [...LOOK_UP, 'ecr:ListImages'] },
  'report-apply': { sends: [], deadLetters: 'ReportsDead', usesCache: true, ecr: [] },
};

export const FUNCTIONS: readonly FunctionName[] = [
  'receive-push',
  'evaluate-policy',
  'commit-image',
  'sweep',
  'report-apply',
];

/** The beginning of a function's logical ids of ours: `ReceivePush`. */
export function pascal(name: FunctionName): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
