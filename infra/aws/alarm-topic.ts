import { ownArn, type Resources, ref, type Value } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';

/** Whom alarms tell: topics, by their ARNs. */
export function alarmActions({ alarmTopic, alarmEmail }: StackSettings): readonly Value[] {
  return [...(alarmTopic === undefined ? [] : [alarmTopic]), ...(alarmEmail === undefined ? [] : [ref('AlarmTopic')])];
}

/**
 * The topic that mails alarms; none where there is no address. CloudWatch cannot use the key that AWS has for SNS, so
 * that it is encrypted at rest only where there is a key of the customer:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function mailTopic({ target, alarmEmail, kmsKey }: StackSettings): Resources {
  if (alarmEmail === undefined) {
    return {};
  }
  return {
    AlarmTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: `${target}-alarms`,
        ...(kmsKey === undefined ? {} : { KmsMasterKeyId: kmsKey }),
      },
    },
    AlarmTopicPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [ref('AlarmTopic')],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'OwnAlarms',
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: ref('AlarmTopic'),
              Condition: { ArnLike: { 'aws:SourceArn': ownArn('cloudwatch', `alarm:${target}-*`) } },
            },
            {
              Sid: 'OverTlsOnly',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: ref('AlarmTopic'),
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    },
    AlarmSubscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: ref('AlarmTopic'), Protocol: 'email', Endpoint: alarmEmail },
    },
  };
}
