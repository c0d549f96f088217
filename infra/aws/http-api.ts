import { type Extensions, getAtt, type Resources } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';

/** One line for each request: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
const ACCESS_LINE = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  path: '$context.path',
  status: '$context.status',
  bytes: '$context.responseLength',
  milliseconds: '$context.responseLatency',
  error: '$context.integrationErrorMessage',
});

/** Where the requests of the push URL are logged. */
export function httpApiLogs({ target, logRetention, kmsKey }: StackSettings): Resources {
  return {
    HttpApiLogs: {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        LogGroupName: `/aws/http-api/${target}`,
        RetentionInDays: logRetention,
        ...(kmsKey === undefined ? {} : { KmsKeyId: kmsKey }),
      },
    },
  };
}

/** The HTTP API takes no more than this; what is over it gets 429, and registries try again. */
export function httpApiOptions({ pushRate, pushBurst }: StackSettings): Extensions {
  return {
    HttpApiStage: {
      Properties: {
        AccessLogSettings: { DestinationArn: getAtt('HttpApiLogs', 'Arn'), Format: ACCESS_LINE },
        DefaultRouteSettings: {
          DetailedMetricsEnabled: false,
          ThrottlingBurstLimit: pushBurst,
          ThrottlingRateLimit: pushRate,
        },
      },
    },
  };
}
