import type { AwsApi } from './aws-api.ts';
import type { SdkCall } from './sdk-call.ts';
import type { DeployedFunction, Stack } from './stack.ts';

/** One thing that a role allows, or that a function needs: `sqs:SendMessage arn:aws:sqs:…`. */
export type Right = `${string} ${string}`;

/** Actions of the API that IAM calls otherwise: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html */
const IAM_ACTIONS: Readonly<Record<string, string>> = { SendMessageBatch: 'SendMessage' };

/** What a function asked AWS for, as IAM looks at it. */
export function rightsUsed(calls: readonly SdkCall[], caller: string): ReadonlySet<Right> {
  const own = calls.filter((call) => call.caller === caller);
  return new Set(
    own.flatMap(({ service, action, resources }) =>
      resources.map((resource): Right => `${service}:${IAM_ACTIONS[action] ?? action} ${resource}`),
    ),
  );
}

/**
 * What Lambda itself does by a function's role: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
 * invocation-async-retain-records.html and monitoring-cloudwatchlogs.html
 */
export function rightsOfLambda({ name, asynchronous }: DeployedFunction, { mappings }: Stack): ReadonlySet<Right> {
  const polled = mappings.filter(({ functionName }) => functionName === name);
  const logs = `arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/${name}:log-stream:*`;
  return new Set<Right>([
    ...polled.flatMap(({ queueArn }) =>
      ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action): Right => `sqs:${action} ${queueArn}`),
    ),
    ...(asynchronous.onFailure === undefined ? [] : [`sqs:SendMessage ${asynchronous.onFailure}` as const]),
    `logs:CreateLogStream ${logs}`,
    `logs:PutLogEvents ${logs}`,
  ]);
}

interface GetRolePolicy {
  readonly PolicyDocument: string;
}

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** What the role of a function allows, by the stack. */
export async function rightsGranted(api: AwsApi, { roleArn }: DeployedFunction): Promise<ReadonlySet<Right>> {
  const RoleName = roleArn.split('/').at(-1) ?? '';
  const parameters = { RoleName, PolicyName: 'uses' };
  const { PolicyDocument } = await api.query<GetRolePolicy>('iam', '2010-05-08', 'GetRolePolicy', parameters);
  // moto prints a document that CloudFormation gave it as Python does.
  const json = decodeURIComponent(PolicyDocument).replaceAll("'", '"');
  const { Statement } = JSON.parse(json) as { readonly Statement: readonly Statement[] };
  return new Set(
    Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((resource): Right => `${action} ${resource}`)),
    ),
  );
}
