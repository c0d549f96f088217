import type { Config } from '../../shared/config/schema.ts';
import { type FunctionName, secretsRead } from '../../shared/config/secret-uses.ts';
import { ecrRegistry } from '../../shared/registry/ecr-address.ts';
import { parseSecretReference, type SecretReference, secretRegion } from '../../shared/secrets/secret-reference.ts';
import { getAtt, ownArn, sub, type Value } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';
import { USES } from './uses.ts';

/** One statement of a policy. */
export type Statement = {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly Value[];
  readonly Condition?: { readonly [key: string]: Value };
};

/** What the role of a function allows: nothing that the function does not use. */
export function statementsOf(name: FunctionName, config: Config, settings: StackSettings): readonly Statement[] {
  return [
    ...logs(name, settings),
    ...queues(name),
    ...cache(name),
    ...secrets(secretsRead(config)[name], settings),
    ...registries(USES[name].ecr, config),
    ...encryption(settings),
    ...tracing(settings),
    ...network(name, settings),
  ].filter(({ Resource }) => Resource.length > 0);
}

function allow(Sid: string, Action: readonly string[], Resource: readonly Value[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource };
}

function logs(name: FunctionName, { target }: StackSettings): readonly Statement[] {
  const group = ownArn('logs', `log-group:/aws/lambda/${target}-${name}:log-stream:*`);
  return [allow('OwnLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [group])];
}

function queues(name: FunctionName): readonly Statement[] {
  const { source, sends, deadLetters } = USES[name];
  const arn = (queue: string | undefined) => (queue === undefined ? [] : [getAtt(queue, 'Arn')]);
  const sent = [...new Set([...sends, source, deadLetters])];
  return [
    // A dead letter is sent with its reason, and sent back to the source.
    allow('Send', ['sqs:SendMessage'], sent.flatMap(arn)),
    allow(
      'Receive',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      [...arn(source), ...arn(deadLetters)],
    ),
    // What failed comes back soon, and what was only looked at in a dead-letter queue at once.
    allow('GiveBack', ['sqs:ChangeMessageVisibility'], [...arn(source), ...arn(deadLetters)]),
  ];
}

function cache(name: FunctionName): readonly Statement[] {
  return USES[name].usesCache
    ? [allow('Cache', ['dynamodb:GetItem', 'dynamodb:PutItem'], [getAtt('CacheTable', 'Arn')])]
    : [];
}

function secrets(references: readonly string[], { secretsKmsKey }: StackSettings): readonly Statement[] {
  const parsed = references.flatMap((reference) => parseSecretReference(reference) ?? []);
  const named = (store: string, arnOf: (name: string) => Value) => {
    const names = parsed.flatMap((one) => (one.store === store ? [one.name] : []));
    return [...new Set(names)].map(arnOf);
  };
  const parameters = named('ssm', (name) => ownArn('ssm', `parameter/${name.replace(/^\//, '')}`));
  const kept = named('secretsmanager', secretArn);
  const decrypts = secretsKmsKey !== undefined && parameters.length + kept.length > 0;
  return [
    allow('Parameters', ['ssm:GetParameter'], parameters),
    allow('Secrets', ['secretsmanager:GetSecretValue'], kept),
    ...(decrypts ? [decryptOf(secretsKmsKey, parsed)] : []),
  ];
}

/** A store decrypts in the region that the secret is in. */
function decryptOf(key: string, references: readonly SecretReference[]): Statement {
  const services = references
    .filter(({ store }) => store === 'ssm' || store === 'secretsmanager')
    .map(({ store, name }) => `${store}.${secretRegion(name) ?? `\${AWS::Region}`}.amazonaws.com`);
  const Condition = { StringEquals: { 'kms:ViaService': [...new Set(services)].map(sub) } };
  return { ...allow('DecryptSecrets', ['kms:Decrypt'], [key]), Condition };
}

/**
 * An ARN ends with six characters that Secrets Manager adds to the name:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
 */
function secretArn(name: string): Value {
  if (!name.startsWith('arn:')) {
    return ownArn('secretsmanager', `secret:${name}-??????`);
  }
  return /-[A-Za-z0-9]{6}$/.test(name) ? name : `${name}-??????`;
}

/** With ECR a function is known by its role; registries with credentials of their own need none of it. */
function registries(actions: readonly string[], { registries: configured }: Config): readonly Statement[] {
  const found = configured.flatMap(({ host, credentials }) =>
    credentials === undefined ? (ecrRegistry(host) ?? []) : [],
  );
  if (actions.length === 0 || found.length === 0) {
    return [];
  }
  const arns = found.map(({ account, region }) => `arn:\${AWS::Partition}:ecr:${region}:${account}:repository/*`);
  return [
    // AWS has no narrower resource for it.
    allow('RegistryToken', ['ecr:GetAuthorizationToken'], ['*']),
    allow('RegistryImages', actions, [...new Set(arns)].map(sub)),
  ];
}

/** Queues, table and environment are encrypted by the key where there is one of the customer. */
function encryption({ kmsKey }: StackSettings): readonly Statement[] {
  return kmsKey === undefined ? [] : [allow('OwnKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [kmsKey])];
}

function tracing({ tracing: isOn }: StackSettings): readonly Statement[] {
  // AWS has no narrower resource for them.
  return isOn ? [allow('Traces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*'])] : [];
}

const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lambda asks for these on '*' to make a function's network interfaces; the function's own code is denied them:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
function network(name: FunctionName, { subnets, target }: StackSettings): readonly Statement[] {
  if (subnets.length === 0) {
    return [];
  }
  const ownCode = { ArnEquals: { 'lambda:SourceFunctionArn': ownArn('lambda', `function:${target}-${name}`) } };
  return [
    allow('NetworkInterfaces', INTERFACES, ['*']),
    { Sid: 'NotByCode', Effect: 'Deny', Action: INTERFACES, Resource: ['*'], Condition: ownCode },
  ];
}
