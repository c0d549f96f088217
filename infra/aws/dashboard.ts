import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { alarmNames } from './alarms.ts';
import { CHARTS, type Chart } from './charts.ts';
import { type Resources, sub } from './intrinsics.ts';
import { queryText, WHAT_FAILED } from './queries.ts';
import type { StackSettings } from './settings.ts';
import { DEAD_LETTER_QUEUES, FUNCTIONS, type QueueId, USES } from './uses.ts';

/**
 * A widget as CloudWatch has it, but for its place:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
interface Widget {
  readonly type: 'log' | 'metric' | 'alarm';
  readonly properties: Readonly<Record<string, unknown>>;
}

const COLUMNS = 24;
const ROW_HEIGHT = 6;
const TABLE_HEIGHT = 8;
const PERIOD_SECONDS = 300;

/** CloudFormation puts it in. */
const region = `\${AWS::Region}`;

/** What there is to see of a stack on one page; nothing where it is off. */
export function dashboard(settings: StackSettings): Resources {
  return settings.dashboard
    ? {
        Dashboard: {
          Type: 'AWS::CloudWatch::Dashboard',
          Properties: { DashboardName: settings.target, DashboardBody: sub(JSON.stringify(bodyOf(settings))) },
        },
      }
    : {};
}

function bodyOf(settings: StackSettings) {
  const { target } = settings;
  const names = alarmNames(settings);
  const rows: readonly { readonly widgets: readonly Widget[]; readonly height: number }[] = [
    ...CHARTS.map((charts) => ({ widgets: charts.map((chart) => chartOf(chart, target)), height: ROW_HEIGHT })),
    { widgets: [failures(target), deadLetters(), waiting()], height: ROW_HEIGHT },
    { widgets: [latestFailures(target)], height: TABLE_HEIGHT },
    ...(names.length === 0 ? [] : [{ widgets: [alarmsOf(names)], height: ROW_HEIGHT }]),
  ];
  let y = 0;
  const placed = rows.flatMap(({ widgets, height }) => {
    const width = COLUMNS / widgets.length;
    const row = widgets.map((widget, index) => ({ ...widget, x: index * width, y, width, height }));
    y += height;
    return row;
  });
  return { start: '-P1D', widgets: placed };
}

function chartOf({ name, reads, commands }: Chart, target: string): Widget {
  return logWidget('timeSeries', name, [reads], commands, target);
}

function latestFailures(target: string): Widget {
  return logWidget('table', WHAT_FAILED.name, FUNCTIONS, WHAT_FAILED.commands, target);
}

function logWidget(
  view: 'timeSeries' | 'table',
  title: string,
  reads: readonly FunctionName[],
  commands: readonly string[],
  target: string,
): Widget {
  const sources = reads.map((name) => `SOURCE '/aws/lambda/${target}-${name}'`);
  return { type: 'log', properties: { title, view, region, query: queryText([sources.join(' | '), ...commands]) } };
}

function failures(target: string): Widget {
  return metricWidget('Failed invocations, and 5xx of the push URL', 'Sum', [
    ...FUNCTIONS.map((name) => ['AWS/Lambda', 'Errors', 'FunctionName', `${target}-${name}`, { label: name }]),
    // CloudFormation puts the id in.
    ['AWS/ApiGateway', '5xx', 'ApiId', `\${HttpApi}`, { label: 'push URL' }],
  ]);
}

function deadLetters(): Widget {
  return metricWidget(
    'Dead letters',
    'Maximum',
    DEAD_LETTER_QUEUES.map(({ id, name }) => queueMetric('ApproximateNumberOfMessagesVisible', id, name)),
  );
}

function waiting(): Widget {
  const sources = FUNCTIONS.flatMap((name) => {
    const { source } = USES[name];
    return source === undefined ? [] : [queueMetric('ApproximateAgeOfOldestMessage', source, `for ${name}`)];
  });
  return metricWidget('Age of the oldest message, in seconds', 'Maximum', sources);
}

function queueMetric(metric: string, id: QueueId, label: string) {
  return ['AWS/SQS', metric, 'QueueName', `\${${id}.QueueName}`, { label }];
}

function metricWidget(title: string, stat: 'Sum' | 'Maximum', metrics: readonly unknown[]): Widget {
  return { type: 'metric', properties: { title, view: 'timeSeries', region, stat, period: PERIOD_SECONDS, metrics } };
}

function alarmsOf(names: readonly string[]): Widget {
  const arn = `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm`;
  return { type: 'alarm', properties: { title: 'Alarms', alarms: names.map((name) => `${arn}:${name}`) } };
}
