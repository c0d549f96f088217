import { type Resources, ref } from './intrinsics.ts';
import { logGroupId } from './serverless-ids.ts';
import type { StackSettings } from './settings.ts';
import { FUNCTIONS, type LogSource } from './uses.ts';

/** A question to the logs. */
export interface Query {
  /** The end of its logical id. */
  readonly id: string;
  readonly name: string;
  /** Whose logs it reads. */
  readonly reads: readonly LogSource[];
  /**
   * In the language of Logs Insights, which finds the fields of a line of JSON by itself:
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
   */
  readonly commands: readonly string[];
}

/** Lines that say why an image was not used, with its name. */
const REASONS = [
  'push ignored',
  'push not taken',
  'image not used',
  'image kept',
  'policy refused',
  'update dropped',
  'update failed',
  'message goes back to its queue',
  'message goes to the dead-letter queue',
  'image committed',
  'image proposed',
];

/** Lines that may be the reason, but know no image. */
const OTHER_REASONS = [
  'push refused',
  'manifest skipped',
  'file passed over',
  'repository not swept',
  'site not swept',
  'invocation failed',
  'revision not healthy',
];

/** Lines of changes that came to Git. */
export const CHANGES = `filter message in ${list(['image committed', 'image proposed'])}`;

/** What Lambda writes itself where a function did not come to write anything. */
const LAMBDA_FAILURES = '/Task timed out|Runtime exited|Runtime\\.[A-Z]|Status: (error|timeout)/';

/** Where a name or an id is to be put in. */
export const PLACEHOLDERS = { image: 'registry.example.com/hello', push: 'PUSH', commit: 'COMMIT', request: 'REQUEST' };

export const WHAT_FAILED: Query = {
  id: 'WhatFailed',
  name: 'What failed?',
  reads: FUNCTIONS,
  commands: [
    'fields @timestamp, service, coalesce(message, @message) as what, error.code, error.message, reason, image, tag, object, repository, branch, push, requestId',
    `filter level in ["warn", "error"] or @message like ${LAMBDA_FAILURES}`,
    'sort @timestamp desc',
    'limit 200',
  ],
};

export const QUERIES: readonly Query[] = [
  {
    id: 'WhyNotDeployed',
    name: 'Why was this image not deployed?',
    reads: FUNCTIONS,
    commands: [
      'fields @timestamp, service, message, image, tag, object, repository, branch, reason, until, error.message, commit, push',
      `filter (@message like "${PLACEHOLDERS.image}" and message in ${list(REASONS)}) or message in ${list(OTHER_REASONS)}`,
      'sort @timestamp desc',
      'limit 200',
    ],
  },
  {
    id: 'WhatDidPush',
    name: 'What did this push do?',
    reads: FUNCTIONS,
    commands: [
      'fields @timestamp, service, message, source, image, tag, object, repository, branch, because, reason, until, from, to, commit, pullRequest, sincePushMillis, receives, error.message',
      // A line about several pushes has their ids in a list.
      `filter @message like "${PLACEHOLDERS.push}"`,
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  {
    id: 'WhatBecameOfCommit',
    name: 'What became of this commit?',
    reads: ['commit-image', 'report-apply'],
    commands: [
      'fields @timestamp, service, message, push, image, from, to, repository, branch, parent, cluster, healthy, problems.0, error.message',
      `filter commit = "${PLACEHOLDERS.commit}" or revision = "${PLACEHOLDERS.commit}"`,
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  {
    id: 'WhatDidInvocation',
    name: 'What did this invocation do?',
    reads: FUNCTIONS,
    commands: [
      'fields @timestamp, coalesce(message, @message) as what, push, image, tag, repository, branch, reason, error.message',
      `filter requestId = "${PLACEHOLDERS.request}" or @requestId = "${PLACEHOLDERS.request}"`,
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  {
    id: 'LatestPushes',
    name: 'Latest pushes',
    reads: ['receive-push', 'sweep'],
    commands: [
      'fields @timestamp, service, source, image, tag, digest, actor, push',
      'filter message in ["push received", "missed push found"]',
      'sort @timestamp desc',
      'limit 100',
    ],
  },
  {
    id: 'SlowestPushes',
    name: 'Slowest pushes',
    reads: ['commit-image'],
    commands: [
      'fields @timestamp, sincePushMillis, image, tag, object, repository, branch, commit, push, requestId',
      CHANGES,
      'sort sincePushMillis desc',
      'limit 50',
    ],
  },
  {
    id: 'SlowestInvocations',
    name: 'Slowest invocations',
    reads: FUNCTIONS,
    commands: [
      'fields @timestamp, @log, @duration, @initDuration, @maxMemoryUsed, @memorySize, @requestId',
      'filter @type = "REPORT"',
      'sort @duration desc',
      'limit 50',
    ],
  },
  WHAT_FAILED,
  {
    id: 'WhoWasRefused',
    name: 'Who was refused?',
    reads: ['receive-push'],
    commands: [
      'filter message = "push refused"',
      'stats count(*) as refusals, latest(@timestamp) as last by source, error.code, error.message',
      'sort refusals desc',
    ],
  },
  {
    id: 'WhoAsksPushUrl',
    name: 'Who asks the push URL?',
    reads: ['http-api'],
    commands: [
      'stats count(*) as requests, max(milliseconds) as slowest, latest(error) as lastError by ip, path, status',
      'sort requests desc',
    ],
  },
  {
    id: 'WhatDidSweepFind',
    name: 'What did the sweep find?',
    reads: ['sweep'],
    commands: [
      'fields @timestamp, message, image, tag, object, file, repository, branch, push, error.message',
      'filter message in ["missed push found", "site not swept", "repository not swept"]',
      'sort @timestamp desc',
      'limit 200',
    ],
  },
];

/** The queries as Logs Insights offers them, in a folder of the stack's name. They cost only what they read. */
export function savedQueries({ target }: StackSettings): Resources {
  return Object.fromEntries(
    QUERIES.map(({ id, name, reads, commands }) => [
      `Query${id}`,
      {
        Type: 'AWS::Logs::QueryDefinition',
        Properties: {
          Name: `${target}/${name}`,
          LogGroupNames: reads.map((source) => ref(source === 'http-api' ? 'HttpApiLogs' : logGroupId(source))),
          QueryString: queryText(commands),
        },
      },
    ]),
  );
}

/** Commands as one query. */
export function queryText(commands: readonly string[]): string {
  return commands.join('\n| ');
}

/** Texts as a list of the query language. */
export function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}
