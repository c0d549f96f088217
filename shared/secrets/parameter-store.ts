import type { AwsService } from '../aws/service.ts';
import * as z from '../schema.ts';
import type { SecretReference } from './secret-reference.ts';
import { type AwsStore, refusedByAws, secretUnavailable, storeCall } from './secret-unavailable.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
const found = z.partial(z.object({ Parameter: z.partial(z.object({ Type: z.string(), Value: z.string() })) }));

/**
 * A reader of `ssm:NAME`: parameters of the Parameter Store, decrypted.
 *
 * @returns a function that throws SluiceError `secret-unavailable`
 */
export function parameterStore(ssm: AwsService) {
  return async ({ name }: SecretReference, reference: string): Promise<string> => {
    const parameter = await ask(ssm, name, reference);
    // A list is many texts behind one name; a plain String is as good as a SecureString for known hosts.
    if (parameter?.Type === 'StringList') {
      throw secretUnavailable(reference, {
        found: 'a StringList',
        next: `Store one text: aws ssm put-parameter --name ${name} --type SecureString --overwrite --value …`,
      });
    }
    return parameter?.Value ?? '';
  };
}

async function ask(ssm: AwsService, name: string, reference: string) {
  try {
    const { Parameter } = await ssm.call('GetParameter', { Name: name, WithDecryption: true }, found, storeCall());
    return Parameter;
  } catch (cause) {
    throw refusedByAws(reference, storeOf(name), cause);
  }
}

function storeOf(name: string): AwsStore {
  return {
    action: 'ssm:GetParameter',
    missing: {
      error: 'ParameterNotFound',
      found: 'no parameter of this name in this region',
      next: `Store it: aws ssm put-parameter --name ${name} --type SecureString --value …`,
    },
  };
}
