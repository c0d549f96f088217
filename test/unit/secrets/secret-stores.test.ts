import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { parameterStore } from '../../../shared/secrets/parameter-store.ts';
import { parseSecretReference } from '../../../shared/secrets/secret-reference.ts';
import { secretsManager } from '../../../shared/secrets/secrets-manager.ts';
import { type AwsAnswer, type ScriptedAws, startAwsService } from '../../fakes/aws-service.ts';

const SECRET = 'hunter2-hunter2';
const services: ScriptedAws[] = [];
afterEach(() => {
  for (const service of services.splice(0)) {
    service.stop();
  }
});

async function start(answer: AwsAnswer): Promise<ScriptedAws> {
  const service = await startAwsService(() => answer);
  services.push(service);
  return service;
}

function parsed(reference: string) {
  const secret = parseSecretReference(reference);
  if (secret === undefined) {
    throw new Error(`${reference} is no reference`);
  }
  return secret;
}

async function readParameter(reference: string, answer: AwsAnswer, stopped = false) {
  const service = await start(answer);
  const read = parameterStore(service.account.service('ssm'));
  if (stopped) {
    service.stop();
  }
  return { service, text: read(parsed(reference), reference) };
}

async function readSecret(reference: string, answer: AwsAnswer) {
  const service = await start(answer);
  const regions: (string | undefined)[] = [];
  const read = secretsManager((region) => {
    regions.push(region);
    return service.account.service('secretsmanager', { region });
  });
  return { service, regions, text: read(parsed(reference), reference) };
}

describe('the Parameter Store', () => {
  test.each(['SecureString', 'String'])('gives the text of a %s, decrypted', async (Type) => {
    const { service, text } = await readParameter('ssm:/sluice/token', { Parameter: { Type, Value: SECRET } });
    expect(await text).toBe(SECRET);
    expect(service.calls.map(({ operation, input }) => ({ operation, input }))).toEqual([
      { operation: 'AmazonSSM.GetParameter', input: { Name: '/sluice/token', WithDecryption: true } },
    ]);
  });

  const user = 'User: arn:aws:sts::123456789012:assumed-role/sluice/x is not authorized to perform:';
  test.each<{ what: string; answer: AwsAnswer; retryable: boolean; says: string }>([
    {
      what: 'that is not there',
      answer: { error: 'ParameterNotFound', message: '' },
      retryable: false,
      says:
        'secret ssm:/sluice/token: expected its text, found no parameter of this name in this region. ' +
        'Store it: aws ssm put-parameter --name /sluice/token --type SecureString --value …',
    },
    {
      what: 'that the role may not read',
      answer: { error: 'AccessDeniedException', message: `${user} ssm:GetParameter on resource: arn:aws:ssm:…` },
      retryable: false,
      says: 'Allow ssm:GetParameter on it to the role of this function.',
    },
    {
      what: 'that the role may not decrypt',
      answer: { error: 'AccessDeniedException', message: `${user} kms:Decrypt on resource: arn:aws:kms:…` },
      retryable: false,
      says: 'Allow kms:Decrypt on it to the role of this function.',
    },
    {
      what: 'that is a list',
      answer: { Parameter: { Type: 'StringList', Value: `a,${SECRET}` } },
      retryable: false,
      says: 'found a StringList. Store one text: aws ssm put-parameter --name /sluice/token --type SecureString',
    },
    {
      what: 'whose key is gone',
      answer: { error: 'InvalidKeyId', message: 'key is disabled' },
      retryable: false,
      says: 'found InvalidKeyId: key is disabled. See what AWS says of it.',
    },
    {
      what: 'for a caller whom AWS does not know',
      answer: { error: 'UnrecognizedClientException', message: 'The security token is invalid.' },
      retryable: false,
      says: 'found no credentials that AWS takes (UnrecognizedClientException: The security token is invalid). Set AWS',
    },
    {
      what: 'where too much is asked for',
      answer: { error: 'ThrottlingException', message: 'Rate exceeded' },
      retryable: true,
      says: 'found no answer of its store (ThrottlingException: Rate exceeded). It is tried again; in a VPC',
    },
    {
      what: 'where the store has a fault',
      answer: { error: 'InternalServerError', message: 'oops' },
      retryable: true,
      says: 'found no answer of its store (InternalServerError: oops)',
    },
  ])('says of a parameter $what what to do', async ({ answer, retryable, says }) => {
    const { text } = await readParameter('ssm:/sluice/token', answer);
    await expect(text).rejects.toMatchObject({
      code: 'secret-unavailable',
      retryable,
      message: expect.stringContaining(says),
    });
  });

  test('is asked again where too many ask at the same time', async () => {
    let asked = 0;
    const service = await startAwsService(() => {
      asked += 1;
      return asked < 5
        ? { error: 'ThrottlingException', message: 'Rate exceeded' }
        : { Parameter: { Type: 'String', Value: SECRET } };
    });
    services.push(service);
    const read = parameterStore(service.account.service('ssm'));
    expect(await read(parsed('ssm:/sluice/token'), 'ssm:/sluice/token')).toBe(SECRET);
    expect(asked).toBe(5);
  });

  test('that cannot be reached may be there later', async () => {
    const { text } = await readParameter('ssm:/sluice/token', {}, true);
    await expect(text).rejects.toMatchObject({
      code: 'secret-unavailable',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('Secrets Manager', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:sluice/token-AbCdEf';
  const json = JSON.stringify({ token: SECRET, attempts: 3, nothing: null });

  test.each([
    { reference: 'secretsmanager:sluice/token', text: json, regions: [undefined], id: 'sluice/token' },
    { reference: 'secretsmanager:sluice/token#token', text: SECRET, regions: [undefined], id: 'sluice/token' },
    { reference: `secretsmanager:${arn}`, text: json, regions: ['eu-west-1'], id: arn },
    { reference: `secretsmanager:${arn}#token`, text: SECRET, regions: ['eu-west-1'], id: arn },
  ])('gives $reference', async ({ reference, text: expected, regions: asked, id }) => {
    const { service, regions, text } = await readSecret(reference, { SecretString: json });
    expect(await text).toBe(expected);
    expect(regions).toEqual(asked);
    expect(service.calls.map(({ operation, input }) => ({ operation, input }))).toEqual([
      { operation: 'secretsmanager.GetSecretValue', input: { SecretId: id } },
    ]);
  });

  test.each<{ reference: string; answer: AwsAnswer; says: string }>([
    {
      reference: 'secretsmanager:sluice',
      answer: { error: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." },
      says:
        'secret secretsmanager:sluice: expected its text, found no secret of this name in this region. ' +
        'Store it: aws secretsmanager create-secret --name sluice --secret-string …',
    },
    {
      reference: 'secretsmanager:sluice',
      answer: { error: 'AccessDeniedException', message: 'Access to KMS is not allowed' },
      says: 'found access denied (AccessDeniedException: Access to KMS is not allowed). Allow secretsmanager:GetSecretValue',
    },
    {
      reference: 'secretsmanager:sluice',
      answer: { error: 'InvalidRequestException', message: 'marked for deletion' },
      says: 'found InvalidRequestException: marked for deletion',
    },
    {
      reference: 'secretsmanager:sluice',
      answer: { SecretBinary: Buffer.from(SECRET).toString('base64') },
      says: 'found bytes (SecretBinary). Store a text: aws secretsmanager put-secret-value --secret-id sluice',
    },
    {
      reference: 'secretsmanager:sluice#token',
      answer: { SecretString: SECRET },
      says: 'found a text that is no JSON object. Store a JSON object with the key token, or leave #token out.',
    },
    { reference: 'secretsmanager:sluice#token', answer: { SecretString: `["${SECRET}"]` }, says: 'no JSON object' },
    {
      reference: 'secretsmanager:sluice#password',
      answer: { SecretString: json },
      says: 'found a JSON object without this key. Store a JSON object with the key password',
    },
    { reference: 'secretsmanager:sluice#constructor', answer: { SecretString: json }, says: 'without this key' },
    { reference: 'secretsmanager:sluice#attempts', answer: { SecretString: json }, says: 'a JSON number at this key' },
  ])('says of $reference: $says', async ({ reference, answer, says }) => {
    const { text } = await readSecret(reference, answer);
    const error: unknown = await text.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'secret-unavailable',
      retryable: false,
      message: expect.stringContaining(says),
    });
    // Causes and all.
    expect(inspect(error, { depth: 10 })).not.toContain(SECRET);
  });
});
