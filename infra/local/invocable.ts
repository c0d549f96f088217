import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { isOperation } from '../../shared/operations/is-operation.ts';
import { answerOperation } from '../../shared/operations/operations.ts';
import { requireOperator } from '../../shared/operations/operator-alias.ts';
import type { LocalFunctions } from './functions.ts';
import type { InvocableFunction } from './lambda-api.ts';
import type { Queues } from './queues.ts';

/** The functions by the names that Lambda's Invoke calls them; each answers its operator as it does on Lambda. */
export function invocableFunctions(
  functions: LocalFunctions,
  queues: Queues,
): Readonly<Record<FunctionName, InvocableFunction>> {
  const operated = (name: FunctionName, invoke: (payload: unknown) => Promise<unknown>) => ({
    async invoke(payload: unknown, qualifier: string | undefined) {
      if (!isOperation(payload)) {
        return invoke(payload);
      }
      requireOperator(name, qualifier);
      return answerOperation(payload, async () => functions.operations[name]);
    },
  });
  return {
    'receive-push': operated('receive-push', refuse),
    'evaluate-policy': operated('evaluate-policy', refuse),
    'commit-image': operated('commit-image', refuse),
    sweep: operated('sweep', functions.sweep),
    'report-apply': {
      ...operated('report-apply', functions.reportApply),
      enqueue: async (payload) => queues.reports.send([{ body: JSON.stringify(payload) }]),
    },
  };
}

/** Their events come from elsewhere: the HTTP end, and the queues. */
async function refuse(): Promise<never> {
  throw new Error('expected an operation, found another event');
}
