import type { Config } from '../../shared/config/schema.ts';
import { ecrRegistry } from '../../shared/registry/ecr-address.ts';
import { getAtt, type Resources, ref } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';

/** How long EventBridge goes on trying; the sweep finds a push long before. */
const MAX_AGE_SECONDS = 6 * 60 * 60;
const MAX_ATTEMPTS = 60;

/** Does ECR tell of pushes to any registry of this configuration? */
export function tellsOfEcr(config: Config): boolean {
  return registriesThatTell(config).length > 0;
}

/**
 * The rule that hands ECR's events to receive-push; none where no registry has `push: { source: ecr }`.
 *
 * A registry sends its events to the default bus of its own account and region. Those of another have to be forwarded
 * to the bus of this stack by a rule there: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export function ecrEvents(config: Config, { target }: StackSettings): Resources {
  const registries = registriesThatTell(config);
  if (registries.length === 0) {
    return {};
  }
  return {
    EcrRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${target}-ecr`,
        Description: 'Pushes to ECR, for receive-push',
        State: 'ENABLED',
        EventPattern: {
          source: ['aws.ecr'],
          'detail-type': ['ECR Image Action'],
          account: each(registries.map(({ account }) => account)),
          region: each(registries.map(({ region }) => region)),
          detail: { 'action-type': ['PUSH'], result: ['SUCCESS'] },
        },
        Targets: [
          {
            Id: 'receive-push',
            Arn: getAtt('ReceiveDashpushLambdaFunction', 'Arn'),
            RetryPolicy: { MaximumEventAgeInSeconds: MAX_AGE_SECONDS, MaximumRetryAttempts: MAX_ATTEMPTS },
            DeadLetterConfig: { Arn: getAtt('EventsDead', 'Arn') },
          },
        ],
      },
    },
    EcrRulePermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: ref('ReceiveDashpushLambdaFunction'),
        Principal: 'events.amazonaws.com',
        SourceArn: getAtt('EcrRule', 'Arn'),
      },
    },
  };
}

function registriesThatTell({ registries }: Config) {
  return registries.flatMap(({ host, push }) => {
    const source: string | undefined = push?.source;
    return source === 'ecr' ? (ecrRegistry(host) ?? []) : [];
  });
}

function each(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
