import { SluiceError } from '../errors.ts';

/** The error while a host is left alone. @param host as people call it: `GitHub` */
export function rateLimited(host: string, subject: string, seconds: number): SluiceError {
  return new SluiceError({
    code: 'git-rate-limited',
    subject,
    found: `too many requests; ${host} asks to wait ${seconds} s`,
    retryable: true,
    retryAfterSeconds: seconds,
  });
}
