import type { FunctionName } from '../../shared/config/secret-uses.ts';
import type { Extensions, StackResource } from './intrinsics.ts';
import { functionId, logGroupId } from './serverless-ids.ts';
import type { StackSettings } from './settings.ts';
import { FUNCTIONS } from './uses.ts';

/** One above the queue's own limit, so that an operation gets in while commits are made. */
const FOR_OPERATIONS = 1;

/** The options that are on, for the functions and log groups that Serverless makes; nothing for those that are off. */
export function functionOptions(settings: StackSettings): Extensions {
  const { kmsKey } = settings;
  const logGroups = kmsKey === undefined ? {} : { KmsKeyId: kmsKey };
  const extensions = [
    ...FUNCTIONS.map((name) => [functionId(name), optionsOf(name, settings)] as const),
    ...FUNCTIONS.map((name) => [logGroupId(name), logGroups] as const),
  ];
  return Object.fromEntries(
    extensions.flatMap(([id, Properties]) => (Object.keys(Properties).length === 0 ? [] : [[id, { Properties }]])),
  );
}

function optionsOf(
  name: FunctionName,
  { kmsKey, subnets, securityGroups, reserveConcurrency, commitConcurrency }: StackSettings,
): StackResource['Properties'] {
  return {
    ...(kmsKey === undefined ? {} : { KmsKeyArn: kmsKey }),
    ...(subnets.length === 0 ? {} : { VpcConfig: { SubnetIds: subnets, SecurityGroupIds: securityGroups } }),
    ...(reserveConcurrency && name === 'commit-image'
      ? { ReservedConcurrentExecutions: commitConcurrency + FOR_OPERATIONS }
      : {}),
  };
}
