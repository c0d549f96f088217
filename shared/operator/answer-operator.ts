import type { MiddlewareObj } from '@middy/core';
import { isOperation } from './is-operation.ts';
import type { OperationResult, Operations } from './operations.ts';

/**
 * Middleware that answers an operator's event in the place of the function.
 *
 * @param open what cannot be opened is the answer to a check
 * @throws SluiceError `message-invalid` for an operation that is not known or did not come by the operator's way,
 *   `queue-unavailable`, or what the place throws that dead letters came from
 */
export function answerOperator(
  service: string,
  open: () => Promise<Operations>,
): MiddlewareObj<unknown, OperationResult> {
  return {
    async before({ event, context }): Promise<OperationResult | undefined> {
      if (!isOperation(event)) {
        return undefined;
      }
      const [{ answerOperation }, { qualifierOf, requireOperator }] = await Promise.all([
        import('./operations.ts'),
        import('./operator-alias.ts'),
      ]);
      requireOperator(service, qualifierOf(context.invokedFunctionArn));
      return answerOperation(event, open);
    },
  };
}
