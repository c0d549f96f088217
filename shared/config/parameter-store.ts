import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { CLIENT_OPTIONS } from '../aws/client-options.ts';
import type { SecretReference } from './secret-reference.ts';
import { type AwsStore, refusedByAws, secretUnavailable } from './secret-unavailable.ts';

/**
 * A reader of `ssm:NAME`: parameters of the Parameter Store, decrypted.
 *
 * @returns a function that throws SluiceError `secret-unavailable`
 */
export function parameterStore(client: SSMClient = new SSMClient(CLIENT_OPTIONS)) {
  return async ({ name }: SecretReference, reference: string): Promise<string> => {
    const parameter = await ask(client, name, reference);
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

async function ask(client: SSMClient, name: string, reference: string) {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
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
