import { SluiceError } from '../errors.ts';

/**
 * The alias by which an operator invokes report-apply. Agents may invoke that function too, but by its own ARN: for IAM
 * the alias is another resource, which their policy does not name.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
 */
export const OPERATOR_ALIAS = 'operator';

/** The alias that a function's operations are asked for by; undefined where operators alone may invoke it. */
export function operatorAliasOf(name: string): string | undefined {
  return name === 'report-apply' ? OPERATOR_ALIAS : undefined;
}

/**
 * Checks that an operation came by the operator's way.
 *
 * @param qualifier the alias or version that the function was invoked by; undefined for none
 * @throws SluiceError `message-invalid`
 */
export function requireOperator(name: string, qualifier: string | undefined): void {
  const alias = operatorAliasOf(name);
  if (alias !== undefined && qualifier !== alias) {
    throw new SluiceError({
      code: 'message-invalid',
      subject: `operation of ${name}`,
      expected: `an operator, who invokes it by its alias ${alias}`,
      found: qualifier === undefined ? 'the way that agents have' : `the qualifier ${qualifier}`,
      next: `Invoke it with the qualifier ${alias}, as sluice doctor and sluice replay do.`,
    });
  }
}

/** What stands behind the name in the ARN that a function was invoked by: `arn:aws:lambda:…:function:name:operator`. */
export function qualifierOf(invokedArn: string): string | undefined {
  return invokedArn.split(':')[7];
}
