import middy from '@middy/core';
import type { OpenFunction } from '../../shared/composition/function-base.ts';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { answerOperator } from '../../shared/operator/answer-operator.ts';
import { contextOf, type LocalFunctions } from './functions.ts';
import type { InvocableFunction } from './lambda-api.ts';
import type { Queues } from './queues.ts';

/** The functions by the names that Lambda's Invoke calls them; each answers its operator as it does on Lambda. */
export function invocableFunctions(
  functions: LocalFunctions,
  queues: Queues,
): Readonly<Record<FunctionName, InvocableFunction>> {
  const invocable = (name: FunctionName, handler: OpenFunction<unknown, unknown>['handler'] = refuse) => {
    const operated = middy(handler).use(answerOperator(name, async () => functions[name].operations));
    return {
      invoke: async (payload: unknown, qualifier: string | undefined): Promise<unknown> =>
        operated(payload, contextOf(name, qualifier)),
    };
  };
  return {
    'receive-push': invocable('receive-push'),
    'evaluate-policy': invocable('evaluate-policy'),
    'commit-image': invocable('commit-image'),
    sweep: invocable('sweep', functions.sweep.handler),
    'report-apply': {
      ...invocable('report-apply', functions['report-apply'].handler),
      enqueue: async (payload) => queues.reports.send([{ body: JSON.stringify(payload) }]),
    },
  };
}

/** Their events come from elsewhere: the HTTP end, and the queues. */
async function refuse(): Promise<never> {
  throw new Error('expected an operation, found another event');
}
