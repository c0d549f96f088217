import { type DestinationStream, destination as openDestination, pino } from 'pino';
import { isSluiceError, messageOf } from './errors.ts';
import { printableJson } from './printable.ts';

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

/** What is done to each line as it is written. */
export interface LineOptions {
  /** Gives fields of that moment. */
  readonly current?: () => LogFields;
  /** Takes what is secret out of a text; it is given every one, names of fields aside. */
  readonly mask?: (text: string) => string;
}

/**
 * A log of JSON lines: `{"level":"info","time":"<ISO 8601>","message":…,…fields}`.
 *
 * @param fields on every line, `{ service: 'evaluate-policy' }` say
 * @param destination where lines go; where it is left out, to standard output before the call returns: what a function
 *   holds back until it has answered is frozen with it, and lost where it is ended then
 */
export function createLog(
  fields: LogFields,
  level: LogLevel = 'info',
  destination?: DestinationStream,
  { current, mask }: LineOptions = {},
): Log {
  const options = {
    level,
    base: fields,
    ...(current === undefined ? {} : { mixin: current }),
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError },
    // A person's terminal may be what it is written to.
    hooks: { streamWrite: printableJson },
  };
  return adapt(pino(options, destination ?? openDestination({ dest: 1, sync: true })), mask);
}

function maskTexts(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') {
    return mask(value);
  }
  if (value instanceof Error) {
    return new Described(maskTexts(describeError(value), mask));
  }
  if (Array.isArray(value)) {
    return value.map((one) => maskTexts(one, mask));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return 'toJSON' in value && typeof value.toJSON === 'function'
    ? maskTexts(value.toJSON(), mask)
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, maskTexts(one, mask)]));
}

/** An error as a line has it. */
class Described {
  readonly fields: unknown;
  constructor(fields: unknown) {
    this.fields = fields;
  }
  toJSON(): unknown {
    return this.fields;
  }
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

interface PinoLike extends Readonly<Record<LogLevel, PinoLine>> {
  isLevelEnabled(level: LogLevel): boolean;
  child(fields: LogFields): PinoLike;
}

/** @param mask is given every text of a line, names of fields aside */
function adapt(logger: PinoLike, mask: LineOptions['mask']): Log {
  const hide = <T>(told: T): T => (mask === undefined ? told : (maskTexts(told, mask) as T));
  const lineOf =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields = {}) => {
      // Of a revision that stands, thousands of lines are told to nobody.
      if (logger.isLevelEnabled(level)) {
        logger[level](hide(fields), hide(message));
      }
    };
  return {
    debug: lineOf('debug'),
    info: lineOf('info'),
    warn: lineOf('warn'),
    error: lineOf('error'),
    with: (fields) => adapt(logger.child(hide(fields)), mask),
  };
}

function describeError(error: unknown): unknown {
  if (error instanceof Described) {
    return error.fields;
  }
  if (isSluiceError(error)) {
    return { code: error.code, message: error.message, retryable: error.retryable };
  }
  return error instanceof Error ? { message: error.message, stack: error.stack } : { message: messageOf(error) };
}
