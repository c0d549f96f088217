import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lambdaContext } from '../../infra/local/lambda-context.ts';
import { secretReader } from '../../shared/config/secrets.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { ecrCredentials } from '../../shared/registry/ecr-authentication.ts';
import { clientOf, imageOf, serving, start } from '../unit/registry/scripted-registry.ts';
import { startMoto } from './moto.ts';

const REGION = 'eu-central-1';
/** What every client of AWS in this process reads. */
const VARIABLES = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
const before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
let moto: Awaited<ReturnType<typeof startMoto>>;
let ssm: SSMClient;
let arn = '';

beforeAll(async () => {
  moto = await startMoto();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: moto.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  ssm = new SSMClient({});
  await putParameter('/sluice/token', 'from ssm\n');
  await ssm.send(new PutParameterCommand({ Name: 'known-hosts', Value: 'a line', Type: 'String' }));
  await ssm.send(new PutParameterCommand({ Name: 'list', Value: 'a,b', Type: 'StringList' }));
  const manager = new SecretsManagerClient({});
  await manager.send(new CreateSecretCommand({ Name: 'sluice/json', SecretString: '{"token":"from json"}' }));
  await manager.send(new CreateSecretCommand({ Name: 'sluice/bytes', SecretBinary: Buffer.from('bytes') }));
  await manager.send(new CreateSecretCommand({ Name: 'sluice/removed', SecretString: 'removed' }));
  await manager.send(new DeleteSecretCommand({ SecretId: 'sluice/removed' }));
  const elsewhere = new SecretsManagerClient({ region: 'us-west-2' });
  ({ ARN: arn = '' } = await elsewhere.send(new CreateSecretCommand({ Name: 'far', SecretString: 'from far' })));
});

afterAll(async () => {
  await moto.stop();
  for (const [name, value] of before) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
});

async function putParameter(Name: string, Value: string): Promise<void> {
  await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
}

describe('a secret of AWS', () => {
  test.each([
    { reference: 'ssm:/sluice/token', text: 'from ssm' },
    { reference: 'ssm:known-hosts', text: 'a line' },
    { reference: 'secretsmanager:sluice/json', text: '{"token":"from json"}' },
    { reference: 'secretsmanager:sluice/json#token', text: 'from json' },
  ])('$reference is read', async ({ reference, text }) => {
    expect(await secretReader({})(reference)).toBe(text);
  });

  test('of another region is read by its ARN', async () => {
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-west-2:/);
    expect(await secretReader({})(`secretsmanager:${arn}`)).toBe('from far');
  });

  test.each([
    { reference: 'ssm:/sluice/gone', says: 'found no parameter of this name in this region. Store it: aws ssm' },
    { reference: 'ssm:list', says: 'found a StringList. Store one text' },
    { reference: 'secretsmanager:sluice/gone', says: 'found no secret of this name in this region. Store it' },
    { reference: 'secretsmanager:sluice/bytes', says: 'found bytes (SecretBinary)' },
    { reference: 'secretsmanager:sluice/removed', says: 'found InvalidRequestException: ' },
    { reference: 'secretsmanager:sluice/json#key', says: 'found a JSON object without this key' },
  ])('$reference is missed by its name', async ({ reference, says }) => {
    await expect(secretReader({})(reference)).rejects.toMatchObject({
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
  const credentials = ecrCredentials({ account: '210987654321', region: REGION, fips: false }, Date.now);
  const client = clientOf(registry, { credentials });
  expect(await client.image('hello', '1.0', { created: false })).toEqual({ tag: '1.0', digest });
});

test('a rotation is seen without a deployment, and the old secret serves while the store is away', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-rotation-'));
  const file = join(directory, 'sluice.yml');
  writeFileSync(file, '{ repositories: [{ url: https://git.example.com/a }], registries: [{ host: a.example }] }');
  const variables = { SLUICE_CONFIG: file, SLUICE_SECRETS_SECONDS: '0', SLUICE_LOG_LEVEL: 'error' };
  let opened = 0;
  const handler = lambdaEntry('test', variables, async ({ connection }) => {
    opened += 1;
    const text = await connection.secrets('ssm:/sluice/rotated');
    return async () => text;
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
