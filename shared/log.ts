import { type DestinationStream, pino } from 'pino';
import { isSluiceError, messageOf } from './errors.ts';

/** What a log line carries besides its message; values are JSON. `error` may be anything thrown. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where decisions and faults are told: one structured line each. Never give it a secret or a request's body. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with these fields on every line. */
  with(fields: LogFields): Log;
}

/** How much is told: `debug` is everything. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * A log of JSON lines: `{"level":"info","time":"<ISO 8601>","message":…,…fields}`.
 *
 * @param fields on every line, `{ service: 'evaluate-policy' }` say
 * @param destination where lines go; standard output where it is left out
 * @param current fields of the moment at which a line is written
 */
export function createLog(
  fields: LogFields,
  level: LogLevel = 'info',
  destination?: DestinationStream,
  current?: () => LogFields,
): Log {
  const options = {
    level,
    base: fields,
    ...(current === undefined ? {} : { mixin: current }),
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
  };
  return adapt(destination === undefined ? pino(options) : pino(options, destination));
}

/** A log that tells nobody. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLog,
};

type PinoLine = (fields: LogFields, message: string) => void;

interface PinoLike {
  debug: PinoLine;
  info: PinoLine;
  warn: PinoLine;
  error: PinoLine;
  child(fields: LogFields): PinoLike;
}

function adapt(logger: PinoLike): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    with: (fields) => adapt(logger.child(fields)),
  };
}

function describeError(error: unknown): unknown {
  if (isSluiceError(error)) {
    return { code: error.code, message: error.message, retryable: error.retryable };
  }
  return error instanceof Error ? { message: error.message, stack: error.stack } : { message: messageOf(error) };
}
