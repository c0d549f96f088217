import { isSluiceError, SluiceError } from '../errors.ts';

/** Looks whether the secrets have changed since they were read. */
export type AskForNewSecrets = () => Promise<boolean>;

/**
 * The same port; where a host refuses our credentials and there are new ones by now, its error says that trying again
 * may help.
 *
 * @param port all of its functions give a promise or an async iterable
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
      return (...values: readonly unknown[]): unknown => {
        const given: unknown = Reflect.apply(member, target, values);
        return isAsyncIterable(given) ? eachOf(given, ask) : resultOf(given, ask);
      };
    },
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function resultOf(given: unknown, ask: AskForNewSecrets): Promise<unknown> {
  try {
    return await given;
  } catch (error) {
    throw await told(error, ask);
  }
}

async function* eachOf(given: AsyncIterable<unknown>, ask: AskForNewSecrets): AsyncGenerator {
  try {
    yield* given;
  } catch (error) {
    throw await told(error, ask);
  }
}

async function told(error: unknown, ask: AskForNewSecrets): Promise<unknown> {
  return isSluiceError(error, 'git-unauthorized', 'registry-unauthorized') && (await ask())
    ? withNewSecrets(error)
    : error;
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
