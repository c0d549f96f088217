import { alarmActions, mailTopic } from './alarm-topic.ts';
import { getAtt, type Resources, ref, type Value } from './intrinsics.ts';
import { visibilitySeconds } from './queues.ts';
import { logGroupId } from './serverless-ids.ts';
import type { StackSettings } from './settings.ts';
import { DEAD_LETTER_QUEUES, FUNCTIONS, pascal, USES } from './uses.ts';

/** What is watched, and from where on it is an alarm. */
interface Watch {
  /** The beginning of its logical id. */
  readonly id: string;
  /** The end of its name. */
  readonly name: string;
  /** What it means, and what to do. */
  readonly description: string;
  readonly metric: readonly [namespace: string, name: string];
  readonly statistic: 'Sum' | 'Maximum';
  readonly dimensions: Readonly<Record<string, Value>>;
  readonly threshold: number;
}

const PERIOD_SECONDS = 300;

/** So many visibility timeouts are two tries that failed, and time for a third. */
const OLD_IN_VISIBILITY_TIMEOUTS = 3;

/** The namespace of what is counted in logs. */
const NAMESPACE = 'Sluice';

/**
 * Lines of receive-push for a sender that did not prove to be one. A line is JSON as a whole, whose fields are named so:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export const UNPROVEN_PUSHES = '{ $.message = "push refused" && $.error.code = "push-unauthentic" }';

/** The alarms, whom they tell, and what they count; nothing where they are off. */
export function alarms(settings: StackSettings): Resources {
  if (!settings.alarms) {
    return {};
  }
  const watched = watches(settings).map((watch) => [`${watch.id}Alarm`, alarm(watch, settings)] as const);
  return { ...mailTopic(settings), ...unprovenPushes(settings), ...Object.fromEntries(watched) };
}

/** The names of the alarms that there are. */
export function alarmNames(settings: StackSettings): readonly string[] {
  return settings.alarms ? watches(settings).map(({ name }) => `${settings.target}-${name}`) : [];
}

function watches(settings: StackSettings): readonly Watch[] {
  return [...deadLetters(settings), ...oldMessages(settings), ...errors(settings)];
}

function deadLetters({ target }: StackSettings): readonly Watch[] {
  return DEAD_LETTER_QUEUES.map(({ id, name, holds }) => ({
    id,
    name: `${name}-dead`,
    description: `${holds}. See why, and send them back: sluice replay --target ${target} --queue ${name}`,
    metric: ['AWS/SQS', 'ApproximateNumberOfMessagesVisible'],
    statistic: 'Maximum',
    dimensions: { QueueName: getAtt(id, 'QueueName') },
    threshold: 1,
  }));
}

function oldMessages(settings: StackSettings): readonly Watch[] {
  return FUNCTIONS.flatMap((name): readonly Watch[] => {
    const { source } = USES[name];
    if (source === undefined) {
      return [];
    }
    const threshold = OLD_IN_VISIBILITY_TIMEOUTS * visibilitySeconds(name, settings);
    return [
      {
        id: `${source}Age`,
        name: `${name}-behind`,
        description: `A message has waited for ${name} for ${threshold} seconds. Ask: sluice doctor --target ${settings.target}; query "What failed?"`,
        metric: ['AWS/SQS', 'ApproximateAgeOfOldestMessage'],
        statistic: 'Maximum',
        dimensions: { QueueName: getAtt(source, 'QueueName') },
        threshold,
      },
    ];
  });
}

function errors({ target }: StackSettings): readonly Watch[] {
  return [
    ...FUNCTIONS.map(
      (name): Watch => ({
        id: `${pascal(name)}Errors`,
        name: `${name}-errors`,
        description: `${name} threw an error, ran out of time or did not start. Ask: sluice doctor --target ${target}; query "What failed?"`,
        metric: ['AWS/Lambda', 'Errors'],
        statistic: 'Sum',
        dimensions: { FunctionName: `${target}-${name}` },
        threshold: 1,
      }),
    ),
    {
      id: 'PushUrlErrors',
      name: 'push-url-errors',
      description: 'The push URL answered with 5xx; registries may try again, the sweep does. Query "What failed?"',
      metric: ['AWS/ApiGateway', '5xx'],
      statistic: 'Sum',
      dimensions: { ApiId: ref('HttpApi') },
      threshold: 1,
    },
    {
      id: 'UnprovenPushes',
      name: 'unproven-pushes',
      description:
        'Somebody sent a push with a wrong secret or signature: a stranger, a registry after its secret was changed, or `sluice doctor`, which tries. Queries "Who was refused?", "Who asks the push URL?"',
      metric: [NAMESPACE, unprovenMetric(target)],
      statistic: 'Sum',
      dimensions: {},
      threshold: 1,
    },
  ];
}

function alarm({ name, description, metric, statistic, dimensions, threshold }: Watch, settings: StackSettings) {
  const actions = alarmActions(settings);
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${settings.target}-${name}`,
      AlarmDescription: description,
      Namespace: metric[0],
      MetricName: metric[1],
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: statistic,
      Period: PERIOD_SECONDS,
      EvaluationPeriods: 1,
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      // Where nothing is pushed, nothing is measured.
      TreatMissingData: 'notBreaching',
      ...(actions.length === 0 ? {} : { AlarmActions: actions }),
    },
  };
}

/** No default value: it is a metric, and costs what one costs, only in hours in which there is something to count. */
function unprovenPushes({ target }: StackSettings): Resources {
  return {
    UnprovenPushesFilter: {
      Type: 'AWS::Logs::MetricFilter',
      Properties: {
        FilterName: `${target}-unproven-pushes`,
        LogGroupName: ref(logGroupId('receive-push')),
        FilterPattern: UNPROVEN_PUSHES,
        MetricTransformations: [{ MetricNamespace: NAMESPACE, MetricName: unprovenMetric(target), MetricValue: '1' }],
      },
    },
  };
}

/** Dimensions would have to come from the lines; the stack's name keeps stacks apart. */
function unprovenMetric(target: string): string {
  return `${target}-unproven-pushes`;
}
