import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lambdaContext } from '../../infra/local/lambda-context.ts';
import { awsAccount } from '../../shared/aws/account.ts';
import { lambdaEntry } from '../../shared/composition/lambda.ts';
import { ecrCredentials } from '../../shared/registry/ecr-authentication.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';
import { clientOf, imageOf, serving, start } from '../unit/registry/scripted-registry.ts';
import { type AwsApi, awsApi, REGION } from './aws-api.ts';
import { startMoto } from './moto.ts';

let moto: Awaited<ReturnType<typeof startMoto>>;
let variables: Readonly<Record<string, string>>;
let api: AwsApi;
let arn = '';

beforeAll(async () => {
  moto = await startMoto();
  api = awsApi(moto.url);
  variables = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  await putParameter('/sluice/token', 'from ssm\n');
  await putParameter('known-hosts', 'a line', 'String');
  await putParameter('list', 'a,b', 'StringList');
  await createSecret({ Name: 'sluice/json', SecretString: '{"token":"from json"}' });
  await createSecret({ Name: 'sluice/bytes', SecretBinary: Buffer.from('bytes').toString('base64') });
  await createSecret({ Name: 'sluice/removed', SecretString: 'removed' });
  await api.json('secretsmanager.DeleteSecret', 'secretsmanager', { SecretId: 'sluice/removed' });
  arn = await createSecret({ Name: 'far', SecretString: 'from far' }, awsApi(moto.url, 'us-west-2'));
});
afterAll(async () => moto.stop());

async function putParameter(Name: string, Value: string, Type = 'SecureString'): Promise<void> {
  await api.json('AmazonSSM.PutParameter', 'ssm', { Name, Value, Type, Overwrite: true });
}

async function createSecret(secret: object, at = api): Promise<string> {
  const created = { ClientRequestToken: randomUUID(), ...secret };
  return (await at.json<{ ARN: string }>('secretsmanager.CreateSecret', 'secretsmanager', created)).ARN;
}

describe('a secret of AWS', () => {
  test.each([
    { reference: 'ssm:/sluice/token', text: 'from ssm' },
    { reference: 'ssm:known-hosts', text: 'a line' },
    { reference: 'secretsmanager:sluice/json', text: '{"token":"from json"}' },
    { reference: 'secretsmanager:sluice/json#token', text: 'from json' },
  ])('$reference is read', async ({ reference, text }) => {
    expect(await secretReader(variables)(reference)).toBe(text);
  });

  test('of another region is read by its ARN', async () => {
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-west-2:/);
    expect(await secretReader(variables)(`secretsmanager:${arn}`)).toBe('from far');
  });

  test.each([
    { reference: 'ssm:/sluice/gone', says: 'found no parameter of this name in this region. Store it: aws ssm' },
    { reference: 'ssm:list', says: 'found a StringList. Store one text' },
    { reference: 'secretsmanager:sluice/gone', says: 'found no secret of this name in this region. Store it' },
    { reference: 'secretsmanager:sluice/bytes', says: 'found bytes (SecretBinary)' },
    { reference: 'secretsmanager:sluice/removed', says: 'found InvalidRequestException: ' },
    { reference: 'secretsmanager:sluice/json#key', says: 'found a JSON object without this key' },
  ])('$reference is missed by its name', async ({ reference, says }) => {
    await expect(secretReader(variables)(reference)).rejects.toMatchObject({
      code: 'secret-unavailable',
      retryable: false,
      message: expect.stringContaining(`secret ${reference}: expected its text, ${says}`),
    });
  });
});

test('a token of ECR opens a registry that wants a password', async () => {
  const { manifest, digest } = imageOf(undefined);
  const authorization = `Basic ${Buffer.from('AWS:210987654321-auth-token').toString('base64')}`;
  const serve = serving({ '1.0': manifest });
  const registry = await start((asked) =>
    asked.authorization === authorization
      ? serve(asked)
      : { status: 401, headers: { 'www-authenticate': 'Basic realm="https://ecr/",service="ecr.amazonaws.com"' } },
  );
  const credentials = ecrCredentials(
    { account: '210987654321', region: REGION, fips: false },
    awsAccount(variables),
    Date.now,
  );
  const client = clientOf(registry, { credentials });
  expect(await client.image('hello', '1.0', { created: false })).toEqual({ tag: '1.0', digest });
});

test('a rotation is seen without a deployment, and the old secret serves while the store is away', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-rotation-'));
  const file = join(directory, 'sluice.json');
  writeFileSync(file, '{"repositories":[{"url":"https://git.example.com/a"}],"registries":[{"host":"a.example"}]}');
  const settings = { SLUICE_CONFIG: file, SLUICE_SECRETS_SECONDS: '0', SLUICE_LOG_LEVEL: 'error' };
  let opened = 0;
  const handler = lambdaEntry('test', { ...variables, ...settings }, async ({ connection }) => {
    opened += 1;
    const text = await connection.secrets('ssm:/sluice/rotated');
    return { handler: async () => text, operations: { checks: [] } };
  });
  const invoke = async () => handler({}, lambdaContext('test', 10_000));

  await expect(invoke()).rejects.toThrow('secret ssm:/sluice/rotated: expected its text, found no parameter');
  await putParameter('/sluice/rotated', 'one');
  expect(await invoke()).toBe('one');
  expect(await invoke()).toBe('one');
  await putParameter('/sluice/rotated', 'two');
  expect(await invoke()).toBe('two');
  expect(opened).toBe(3);
  await moto.stop();
  expect(await invoke()).toBe('two');
  expect(opened).toBe(3);
  rmSync(directory, { recursive: true });
});
