import { ACCOUNT, type AwsApi, REGION } from './aws-api.ts';

/** What Lambda does with an invocation that nobody waits for. */
export interface AsynchronousInvocation {
  /** Tries after the first. */
  readonly retries: number;
  /** ARN of the queue that is told of one that failed for good. */
  readonly onFailure: string | undefined;
}

/** A route of the HTTP API, `POST /push/{source}`, and the function behind it. */
export interface Route {
  readonly key: string;
  readonly functionName: string;
}

/**
 * A stack's template and what became of its resources.
 *
 * moto makes nothing of some types (API Gateway's HTTP APIs, Lambda's EventInvokeConfig): these are read from the
 * template as moto keeps it.
 */
export interface Template {
  /** @throws Error where the template has no such resource */
  physicalId(logicalId: string): string;
  physicalIdsOf(type: string): readonly string[];
  routes(): readonly Route[];
  asynchronousInvocation(functionName: string): AsynchronousInvocation;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface ListResources {
  readonly StackResourceSummaries: readonly {
    readonly LogicalResourceId: string;
    readonly PhysicalResourceId: string;
    readonly ResourceType: string;
  }[];
}

/** Lambda's own default. */
const RETRIES = 2;

export async function readTemplate(api: AwsApi, stack: string): Promise<Template> {
  const ask = async <T>(action: string) => api.query<T>('cloudformation', '2010-05-15', action, { StackName: stack });
  const [{ StackResourceSummaries: summaries }, { TemplateBody }] = await Promise.all([
    ask<ListResources>('ListStackResources'),
    ask<{ readonly TemplateBody: string }>('GetTemplate'),
  ]);
  const { Resources } = JSON.parse(TemplateBody) as { readonly Resources: Readonly<Record<string, Resource>> };
  const physicalId = (logicalId: string) => {
    const found = summaries.find(({ LogicalResourceId }) => LogicalResourceId === logicalId);
    if (found === undefined) {
      throw new Error(`stack ${stack}: expected a resource ${logicalId}`);
    }
    return found.PhysicalResourceId;
  };
  const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  const functionNamed = (value: unknown) =>
    physicalId(
      referencesIn(value).find((id) => Resources[id]?.Type === 'AWS::Lambda::Function') ?? JSON.stringify(value),
    );
  return {
    physicalId,
    physicalIdsOf: (type) => summaries.flatMap((one) => (one.ResourceType === type ? [one.PhysicalResourceId] : [])),
    routes: () =>
      ofType('AWS::ApiGatewayV2::Route').map(({ Properties = {} }) => {
        const integration = referencesIn(Properties['Target']).map((id) => Resources[id])[0];
        return {
          key: String(Properties['RouteKey']),
          functionName: functionNamed(integration?.Properties?.['IntegrationUri']),
        };
      }),
    asynchronousInvocation(functionName) {
      const configured = ofType('AWS::Lambda::EventInvokeConfig').find(({ Properties = {} }) => {
        const { FunctionName } = Properties;
        return (typeof FunctionName === 'string' ? FunctionName : functionNamed(FunctionName)) === functionName;
      });
      const properties = (configured?.Properties ?? {}) as {
        readonly MaximumRetryAttempts?: number;
        readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: unknown } };
      };
      const [queue] = referencesIn(properties.DestinationConfig?.OnFailure?.Destination);
      return {
        retries: properties.MaximumRetryAttempts ?? RETRIES,
        onFailure: queue === undefined ? undefined : queueArn(physicalId(queue)),
      };
    },
  };
}

/** The logical ids that a value of a template refers to. */
function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' && typeof inner === 'string') {
      return [inner];
    }
    if (key === 'Fn::GetAtt') {
      return [String(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0])];
    }
    return referencesIn(inner);
  });
}

/** A queue's physical id is its URL. */
function queueArn(url: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${url.split('/').at(-1)}`;
}
