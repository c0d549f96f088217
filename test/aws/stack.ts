import type { AwsApi } from './aws-api.ts';
import { type AsynchronousInvocation, type Route, readTemplate, type Template } from './stack-template.ts';

/** What the stack made of one function. */
export interface DeployedFunction {
  /** `sluice-prod-receive-push` */
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** `functions/receive-push/handler.handler` */
  readonly handler: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Its packaged code. */
  readonly zip: Buffer;
  readonly asynchronous: AsynchronousInvocation;
}

/** Which queue feeds which function. */
export interface EventSourceMapping {
  readonly id: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly maximumConcurrency: number | undefined;
  readonly reportsItemFailures: boolean;
}

/** A rule of the default event bus: by pattern, or by schedule. */
export interface Rule {
  readonly name: string;
  readonly pattern: unknown;
  readonly schedule: string | undefined;
  readonly isEnabled: boolean;
  readonly targets: readonly { readonly arn: string; readonly input: string | undefined }[];
}

/** A deployed stack as AWS knows it. */
export interface Stack {
  readonly name: string;
  readonly functions: readonly DeployedFunction[];
  readonly mappings: readonly EventSourceMapping[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** The physical id of a resource of the template. */
  physicalId(logicalId: string): string;
  /** The function whose name ends so: `receive-push`. @throws Error where there is none */
  functionNamed(suffix: string): DeployedFunction;
}

/** Reads a deployed stack back. */
export async function readStack(api: AwsApi, name: string): Promise<Stack> {
  const template = await readTemplate(api, name);
  const names = template.physicalIdsOf('AWS::Lambda::Function');
  const [functions, mappings, rules] = await Promise.all([
    Promise.all(names.map(async (one) => readFunction(api, template, one))),
    readMappings(api, names),
    Promise.all(template.physicalIdsOf('AWS::Events::Rule').map(async (one) => readRule(api, one))),
  ]);
  return {
    name,
    functions,
    mappings,
    rules,
    routes: template.routes(),
    physicalId: (logicalId) => template.physicalId(logicalId),
    functionNamed(suffix) {
      const found = functions.find((one) => one.name.endsWith(`-${suffix}`));
      if (found === undefined) {
        throw new Error(`stack ${name}: expected a function ${suffix}, found ${names.join(', ')}`);
      }
      return found;
    },
  };
}

interface GetFunction {
  readonly Configuration: {
    readonly FunctionName: string;
    readonly FunctionArn: string;
    readonly Role: string;
    readonly Handler: string;
    readonly MemorySize: number;
    readonly Timeout: number;
    readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
  };
  readonly Code: { readonly Location: string };
}

async function readFunction(api: AwsApi, template: Template, name: string): Promise<DeployedFunction> {
  const { Configuration, Code } = await api.rest<GetFunction>('lambda', `/2015-03-31/functions/${name}`);
  // The bucket is AWS's own there; what was uploaded lies in the stack's.
  const key = decodeURIComponent(new URL(Code.Location).pathname.slice(1));
  return {
    name,
    arn: Configuration.FunctionArn,
    roleArn: Configuration.Role,
    handler: Configuration.Handler,
    memoryMegabytes: Configuration.MemorySize,
    timeoutSeconds: Configuration.Timeout,
    environment: Configuration.Environment?.Variables ?? {},
    zip: await api.object(template.physicalId('ServerlessDeploymentBucket'), key),
    asynchronous: template.asynchronousInvocation(name),
  };
}

interface ListMappings {
  readonly EventSourceMappings: readonly {
    readonly UUID: string;
    readonly EventSourceArn: string;
    readonly FunctionArn: string;
    readonly BatchSize: number;
    readonly MaximumBatchingWindowInSeconds?: number;
    readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
    readonly FunctionResponseTypes?: readonly string[];
  }[];
}

async function readMappings(api: AwsApi, functions: readonly string[]): Promise<readonly EventSourceMapping[]> {
  const { EventSourceMappings } = await api.rest<ListMappings>('lambda', '/2015-03-31/event-source-mappings/');
  return EventSourceMappings.flatMap((one) => {
    const functionName = one.FunctionArn.split(':').at(6) ?? '';
    const mapping = {
      id: one.UUID,
      queueArn: one.EventSourceArn,
      functionName,
      batchSize: one.BatchSize,
      batchWindowSeconds: one.MaximumBatchingWindowInSeconds ?? 0,
      maximumConcurrency: one.ScalingConfig?.MaximumConcurrency,
      reportsItemFailures: one.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    };
    return functions.includes(functionName) ? [mapping] : [];
  });
}

interface DescribeRule {
  readonly EventPattern?: string;
  readonly ScheduleExpression?: string;
  readonly State: string;
}

interface ListTargets {
  readonly Targets: readonly { readonly Arn: string; readonly Input?: string }[];
}

async function readRule(api: AwsApi, id: string): Promise<Rule> {
  const name = id.split('/').at(-1) ?? id;
  const rule = await api.json<DescribeRule>('AWSEvents.DescribeRule', 'events', { Name: name });
  const { Targets } = await api.json<ListTargets>('AWSEvents.ListTargetsByRule', 'events', { Rule: name });
  return {
    name,
    pattern: rule.EventPattern === undefined ? undefined : JSON.parse(rule.EventPattern),
    schedule: rule.ScheduleExpression,
    isEnabled: rule.State === 'ENABLED',
    targets: Targets.map(({ Arn, Input }) => ({ arn: Arn, input: Input })),
  };
}
