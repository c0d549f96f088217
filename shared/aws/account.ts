import { AwsError } from './failure.ts';
import { type AwsService, openAwsService } from './service.ts';
import type { AwsCredentials } from './sign.ts';

/** A service of AWS that is spoken to. */
export type AwsServiceName = 'dynamodb' | 'ecr' | 'secretsmanager' | 'sqs' | 'ssm';

/** Where to, beside what the environment says. */
export interface ServiceOptions {
  /** Another region than that of this process. */
  readonly region?: string | undefined;
  /** Endpoints with cryptography that is validated by FIPS 140. */
  readonly fips?: boolean;
}

/** Whoever this process is on AWS, and the services that it may speak to; nothing is asked of anybody yet. */
export interface AwsAccount {
  service(name: AwsServiceName, options?: ServiceOptions): AwsService;
}

interface Dialect {
  /** Before the operation in `X-Amz-Target`, with the version of the JSON protocol. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** The end of `AWS_ENDPOINT_URL_…`: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html */
  readonly variable: string;
  /** How its hosts begin: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
  readonly host?: string;
  readonly fipsHost?: string;
}

/** Each as its API reference has it; all of them speak https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
const DIALECTS: Readonly<Record<AwsServiceName, Dialect>> = {
  dynamodb: { target: 'DynamoDB_20120810', version: '1.0', variable: 'DYNAMODB' },
  ecr: {
    target: 'AmazonEC2ContainerRegistry_V20150921',
    version: '1.1',
    variable: 'ECR',
    host: 'api.ecr',
    fipsHost: 'ecr-fips',
  },
  secretsmanager: { target: 'secretsmanager', version: '1.1', variable: 'SECRETS_MANAGER' },
  sqs: { target: 'AmazonSQS', version: '1.0', variable: 'SQS' },
  ssm: { target: 'AmazonSSM', version: '1.1', variable: 'SSM' },
};

/**
 * The account of this process, by the variables that AWS's own clients read: `AWS_REGION`, `AWS_ACCESS_KEY_ID` and its
 * like, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`. Without keys there, as outside of Lambda, credentials are
 * found as AWS's command line finds them.
 */
export function awsAccount(variables: Readonly<Record<string, string | undefined>>): AwsAccount {
  let found: Promise<() => Promise<AwsCredentials>> | undefined;
  const credentials = async (): Promise<AwsCredentials> => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
    if (accessKeyId !== undefined && secretAccessKey !== undefined) {
      const { AWS_SESSION_TOKEN: sessionToken } = variables;
      return { accessKeyId, secretAccessKey, sessionToken };
    }
    found ??= import('@aws-sdk/credential-provider-node').then(({ defaultProvider }) => defaultProvider());
    return (await found)();
  };
  return {
    service(name, { region = variables['AWS_REGION'] ?? variables['AWS_DEFAULT_REGION'], fips = false } = {}) {
      const dialect = DIALECTS[name];
      const { variable, version } = dialect;
      const endpoint = variables[`AWS_ENDPOINT_URL_${variable}`] ?? variables['AWS_ENDPOINT_URL'];
      return openAwsService({
        name,
        target: dialect.target,
        contentType: `application/x-amz-json-${version}`,
        region: () => known(region),
        endpoint: () => endpoint ?? `https://${hostOf(name, dialect, known(region), fips)}`,
        credentials,
      });
    },
  };
}

function hostOf(name: AwsServiceName, { host, fipsHost }: Dialect, region: string, fips: boolean): string {
  const first = fips ? (fipsHost ?? `${name}-fips`) : (host ?? name);
  return `${first}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function known(region: string | undefined): string {
  if (region === undefined || region === '') {
    throw new AwsError('RegionMissing', 'AWS_REGION is not set');
  }
  return region;
}
