import { isSluiceError, SluiceError } from '../errors.ts';

/** Looks whether the secrets have changed since they were read. */
export type AskForNewSecrets = () => Promise<boolean>;

/**
 * The same port; where a host refuses our credentials and there are new ones by now, its error says that trying again
 * may help.
 *
 * @param port all of its functions are asynchronous
 */
export function retriedWithNewSecrets<Port extends object>(port: Port, ask: AskForNewSecrets | undefined): Port {
  if (ask === undefined) {
    return port;
  }
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member === 'object' && member !== null) {
        return retriedWithNewSecrets(member, ask);
      }
      if (typeof member !== 'function') {
        return member;
      }
      return async (...values: readonly unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(member, target, values);
        } catch (error) {
          throw isSluiceError(error, 'git-unauthorized', 'registry-unauthorized') && (await ask())
            ? withNewSecrets(error)
            : error;
        }
      };
    },
  });
}

function withNewSecrets(error: SluiceError): SluiceError {
  const { code, subject, expected, found } = error;
  return new SluiceError({
    code,
    subject,
    ...(expected === undefined ? {} : { expected }),
    found,
    next: 'The secrets have changed since; it is tried again with the new ones.',
    retryable: true,
    cause: error,
  });
}
