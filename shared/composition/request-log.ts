import type { MiddlewareObj, Request } from '@middy/core';
import { createLog, type Log, type LogLevel } from '../log.ts';

/**
 * The log of a function, whose lines name the request that they belong to. As middleware it learns whose that is, and
 * tells what an invocation failed of. Lambda hands a process one event at a time.
 */
export class RequestLog implements MiddlewareObj {
  readonly #service: string;
  #requestId: string | undefined;

  constructor(service: string) {
    this.#service = service;
  }

  open(level?: LogLevel): Log {
    const current = () => ({ requestId: this.#requestId });
    return createLog({ service: this.#service }, level, undefined, { current });
  }

  readonly before = ({ context }: Request): void => {
    this.#requestId = context.awsRequestId;
  };

  readonly onError = ({ error }: Request): void => {
    this.open().error('invocation failed', { error });
  };
}
