import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-credentials-'));
const bundle = join(directory, 'reporter.cjs');
const token = join(directory, 'token');

const SCRIPT = `
import { lambdaReporter } from './infra/agent/report/report.ts';
import { silentLog } from './shared/log.ts';
const log = { ...silentLog, error: (message, { error }) => console.error(message, error) };
lambdaReporter({ function: 'report-apply', endpoint: undefined, region: 'eu-central-1' }, log)({ revision: 'c1', objects: [], problems: [] });
`;

beforeAll(async () => {
  writeFileSync(token, 'token-of-the-pod');
  await build({
    stdin: { contents: SCRIPT, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    outfile: bundle,
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Everything that hands out credentials, and the Lambda that is called with them, on one port. */
async function openAws() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      const body = Buffer.concat(chunks).toString('utf8');
      if (request.url === '/credentials') {
        asked.push(`pod identity as ${authorization}`);
        const keys = { AccessKeyId: 'KEYOFPODIDENTITY', SecretAccessKey: 's', Token: 't' };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ ...keys, Expiration: new Date(Date.now() + 3_600_000).toISOString() }));
      } else if (body.includes('Action=AssumeRoleWithWebIdentity')) {
        asked.push(`STS as ${new URLSearchParams(body).get('WebIdentityToken')}`);
        response.setHeader('content-type', 'text/xml');
        response.end(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
          <AccessKeyId>KEYOFSERVICEACCOUNT</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
          <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>
          </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`);
      } else {
        asked.push(`Lambda by ${/Credential=(\w+)\//.exec(authorization)?.[1]}`);
        response.writeHead(202).end();
      }
    });
  });
  const { host, close } = await listenOnLoopback(server, 0);
  onTestFinished(close);
  return { url: `http://${host}`, asked };
}

test.each([
  {
    what: "EKS Pod Identity's agent",
    variables: (url: string) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
    }),
    asked: ['pod identity as token-of-the-pod', 'Lambda by KEYOFPODIDENTITY'],
  },
  {
    what: 'a role for its service account',
    variables: (url: string) => ({
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/sluice-agent',
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ENDPOINT_URL_STS: url,
    }),
    asked: ['STS as token-of-the-pod', 'Lambda by KEYOFSERVICEACCOUNT'],
  },
])('a bundled reporter finds its credentials by $what', async ({ variables, asked }) => {
  const aws = await openAws();
  const env = { HOME: directory, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_LAMBDA: aws.url, ...variables(aws.url) };
  const { stderr } = await promisify(execFile)(process.execPath, [bundle], { env });
  expect(stderr).toBe('');
  expect(aws.asked).toEqual(asked);
});
