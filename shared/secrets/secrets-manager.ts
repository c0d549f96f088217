import type { AwsService } from '../aws/service.ts';
import * as z from '../schema.ts';
import { type SecretReference, secretRegion } from './secret-reference.ts';
import { type AwsStore, refusedByAws, secretUnavailable, storeCall } from './secret-unavailable.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
const secretValue = z.object({ SecretString: z.optional(z.string()) });

/**
 * A reader of `secretsmanager:NAME`, by name or ARN; `#key` is a field of a secret that is a JSON object.
 *
 * @param open the service, for the region of an ARN, else for that of this process
 * @returns a function that throws SluiceError `secret-unavailable`
 */
export function secretsManager(open: (region: string | undefined) => AwsService) {
  return async ({ name, field }: SecretReference, reference: string): Promise<string> => {
    const text = await ask(open(secretRegion(name)), name, reference);
    if (text === undefined) {
      throw secretUnavailable(reference, {
        found: 'bytes (SecretBinary)',
        next: `Store a text: aws secretsmanager put-secret-value --secret-id ${name} --secret-string …`,
      });
    }
    return field === undefined ? text : fieldOf(text, field, reference);
  };
}

async function ask(manager: AwsService, name: string, reference: string): Promise<string | undefined> {
  try {
    const { SecretString } = await manager.call('GetSecretValue', { SecretId: name }, secretValue, storeCall());
    return SecretString;
  } catch (cause) {
    throw refusedByAws(reference, storeOf(name), cause);
  }
}

function storeOf(name: string): AwsStore {
  return {
    action: 'secretsmanager:GetSecretValue',
    missing: {
      error: 'ResourceNotFoundException',
      found: 'no secret of this name in this region',
      next: `Store it: aws secretsmanager create-secret --name ${name} --secret-string …`,
    },
  };
}

/** The errors hold nothing of the text: those of JSON.parse quote it. */
function fieldOf(text: string, field: string, reference: string): string {
  const next = `Store a JSON object with the key ${field}, or leave #${field} out.`;
  const object = parseObject(text);
  if (object === undefined) {
    throw secretUnavailable(reference, { found: 'a text that is no JSON object', next });
  }
  const value = object.get(field);
  if (typeof value !== 'string') {
    const found = value === undefined ? 'a JSON object without this key' : `a JSON ${typeof value} at this key`;
    throw secretUnavailable(reference, { found, next });
  }
  return value;
}

function parseObject(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}
