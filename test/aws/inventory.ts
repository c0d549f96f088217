import type { AwsApi } from './aws-api.ts';

/** What an account holds: the names of each kind, sorted. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

type Answer = Readonly<Record<string, readonly unknown[] | undefined>>;

/** How each kind is asked for, which list of the answer it is, and what a member goes by where that is no text. */
interface Kind {
  readonly ask: (api: AwsApi) => Promise<Answer>;
  readonly list: string;
  readonly name?: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  stacks: {
    ask: async (api) => api.query('cloudformation', '2010-05-15', 'DescribeStacks'),
    list: 'Stacks',
    name: 'StackName',
  },
  buckets: { ask: async (api) => ({ Buckets: await api.buckets() }), list: 'Buckets' },
  functions: {
    ask: async (api) => api.rest('lambda', '/2015-03-31/functions/'),
    list: 'Functions',
    name: 'FunctionName',
  },
  mappings: {
    ask: async (api) => api.rest('lambda', '/2015-03-31/event-source-mappings/'),
    list: 'EventSourceMappings',
    name: 'UUID',
  },
  queues: { ask: async (api) => api.json('AmazonSQS.ListQueues', 'sqs', {}), list: 'QueueUrls' },
  tables: { ask: async (api) => api.json('DynamoDB_20120810.ListTables', 'dynamodb', {}), list: 'TableNames' },
  logGroups: {
    ask: async (api) => api.json('Logs_20140328.DescribeLogGroups', 'logs', {}),
    list: 'logGroups',
    name: 'logGroupName',
  },
  rules: { ask: async (api) => api.json('AWSEvents.ListRules', 'events', {}), list: 'Rules', name: 'Name' },
  roles: { ask: async (api) => api.query('iam', '2010-05-08', 'ListRoles'), list: 'Roles', name: 'RoleName' },
  topics: { ask: async (api) => api.query('sns', '2010-03-31', 'ListTopics'), list: 'Topics', name: 'TopicArn' },
  dashboards: {
    ask: async (api) => api.query('monitoring', '2010-08-01', 'ListDashboards'),
    list: 'DashboardEntries',
    name: 'DashboardName',
  },
  alarms: {
    ask: async (api) => api.query('monitoring', '2010-08-01', 'DescribeAlarms'),
    list: 'MetricAlarms',
    name: 'AlarmName',
  },
};

/** Lists what a stack may make, whoever made it. */
export async function takeInventory(api: AwsApi): Promise<Inventory> {
  const listed = await Promise.all(
    Object.entries(KINDS).map(async ([kind, { ask, list, name }]) => {
      const members = (await ask(api))[list] ?? [];
      const names = members.map((one) => String(name === undefined ? one : Reflect.get(Object(one), name)));
      return [kind, names.toSorted((one, other) => one.localeCompare(other))] as const;
    }),
  );
  return Object.fromEntries(listed);
}
