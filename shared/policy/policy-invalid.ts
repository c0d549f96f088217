import { SluiceError } from '../errors.ts';

/** The error for a policy that cannot be read. @param policy as people wrote it */
export function policyInvalid(policy: string, expected: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({ code: 'policy-invalid', subject: `policy ${policy}`, expected, found, cause });
}
