import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { CHANGES, list } from './queries.ts';

/** A question to the logs of one function, over time. */
export interface Chart {
  readonly name: string;
  readonly reads: FunctionName;
  readonly commands: readonly string[];
}

const STEP = 'bin(15m)';

/** What the logs tell; they are asked only while somebody looks, so that nothing is paid for metrics. */
export const CHARTS = [
  [
    counted('Pushes', 'receive-push', {
      received: 'push received',
      ignored: 'push ignored',
      refused: 'push refused',
      notTaken: 'push not taken',
    }),
    counted('Updates', 'evaluate-policy', {
      decided: 'update decided',
      kept: 'image kept',
      notUsed: 'image not used',
      policyRefused: 'policy refused',
    }),
    {
      name: 'Commits',
      reads: 'commit-image',
      commands: [CHANGES, `stats count_distinct(commit) as commits, count(*) as updates by ${STEP}`],
    },
  ],
  [
    {
      name: 'From push to commit, in milliseconds',
      reads: 'commit-image',
      commands: [
        CHANGES,
        `stats pct(sincePushMillis, 50) as p50, pct(sincePushMillis, 95) as p95, max(sincePushMillis) as slowest by ${STEP}`,
      ],
    },
    counted('Reports', 'report-apply', { applied: 'revision applied', notHealthy: 'revision not healthy' }),
    {
      name: 'Sweep: missed pushes and failures',
      reads: 'sweep',
      commands: [
        'filter message = "sweep finished"',
        `stats sum(found) as missedPushes, sum(failed) as failures by ${STEP}`,
      ],
    },
  ],
] as const satisfies readonly (readonly Chart[])[];

/** How many lines there were of each message, by a name. */
function counted(name: string, reads: FunctionName, messages: Readonly<Record<string, string>>): Chart {
  const sums = Object.entries(messages).map(
    ([label, message]) => `sum(strcontains(message, "${message}")) as ${label}`,
  );
  return {
    name,
    reads,
    commands: [`filter message in ${list(Object.values(messages))}`, `stats ${sums.join(', ')} by ${STEP}`],
  };
}
