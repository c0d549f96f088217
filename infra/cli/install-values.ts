import { InvalidArgumentError } from 'commander';
import { messageOf } from '../../shared/errors.ts';
import { parseReference } from '../../shared/image/reference.ts';

/** Takes a repeatable value of any form. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

const NAME = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?';

/** Repeatable: service accounts as `namespace/name`, resources as `group/resource`, and namespaces. */
export const toAccounts = collecting(new RegExp(`^${NAME}/${NAME}$`), 'Expected a service account as namespace/name.');
export const toAllowed = collecting(
  /^[a-z0-9.-]*\/[a-z0-9*]+$/,
  'Expected group/resource: example.com/widgets, /nodes.',
);

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const LABEL = /^(?=.{1,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const NAMESPACE_EXPECTED = 'Expected the name of a namespace: lower-case letters, digits and dashes.';

export const toNamespaces = collecting(LABEL, NAMESPACE_EXPECTED);
/** One namespace, Secret or role of AWS. */
export const toNamespace = matching(LABEL, NAMESPACE_EXPECTED);
export const toName = matching(new RegExp(`^(?=.{1,253}$)${NAME}$`), 'Expected the name of a Secret.');
export const toRole = matching(
  /^arn:[\w-]+:iam::\d+:role\/\S+$/,
  'Expected the ARN of a role: arn:aws:iam::123456789012:role/agent.',
);

/** Takes a value that has a form: an empty one, as of a variable of the shell that is not set, has none. */
function matching(form: RegExp, expected: string) {
  return (value: string): string => {
    if (!form.test(value)) {
      throw new InvalidArgumentError(expected);
    }
    return value;
  };
}

/** An image by its name, as a runtime takes it. */
export function toImage(value: string): string {
  try {
    parseReference(value);
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
  return value;
}

/** Takes a repeatable value that has a form. */
function collecting(form: RegExp, expected: string) {
  return (value: string, before: readonly string[]): readonly string[] => {
    if (!form.test(value)) {
      throw new InvalidArgumentError(expected);
    }
    return [...before, value];
  };
}

/** Ports, repeatable. */
export function toPorts(value: string, before: readonly number[]): readonly number[] {
  return [...before, toNumber(value, 65_535, 'Expected a port.')];
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function toMemory(value: string): string {
  if (!/^[1-9]\d*[MG]i?$/.test(value)) {
    throw new InvalidArgumentError('Expected a size like 512Mi or 2Gi.');
  }
  return value;
}

/** How many replicas. */
export function toCount(value: string): number {
  return toNumber(value, 100, 'Expected a number from 1 to 100.');
}

function toNumber(value: string, most: number, expected: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > most) {
    throw new InvalidArgumentError(expected);
  }
  return number;
}
