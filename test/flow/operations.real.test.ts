import { dirname, join } from 'node:path';
import { openSqliteQueue } from '../../infra/local/queue/sqlite-queue.ts';
import { openQueueStore } from '../../infra/local/queue/store.ts';
import { openFunctionsStage } from './aws-stage.ts';
import { describeOperations, type OperatedStage } from './operations.ts';
import { openRuntimeStage } from './runtime-stage.ts';
import { until } from './stage.ts';

const TIMEOUT_MILLIS = 120_000;

describeOperations('operations on the local runtime', openLocal, TIMEOUT_MILLIS);
describeOperations('operations on a stack that serverless deploy made', openAws, TIMEOUT_MILLIS);

async function openLocal(): Promise<OperatedStage> {
  const stage = await openRuntimeStage();
  const hasStarted = () => stage.lines().some(({ message }) => message === 'runtime started') || undefined;
  await until('the runtime', stage, hasStarted);
  return {
    ...stage,
    target: stage.invokeUrl,
    stateDir: dirname(stage.tokenFile),
    async poison(body) {
      const store = openQueueStore(join(stage.directory, 'state', 'queues.db'));
      await openSqliteQueue(store, { name: 'pushes', fifo: false }).send([{ body }]);
      store.close();
    },
  };
}

async function openAws(): Promise<OperatedStage> {
  const stage = await openFunctionsStage();
  const { api, proxy, stack } = stage.aws;
  return {
    ...stage,
    target: stack.name,
    environment: {
      AWS_ENDPOINT_URL: proxy.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'operator',
      AWS_SECRET_ACCESS_KEY: 'operator',
    },
    async poison(MessageBody) {
      const QueueUrl = stack.functionNamed('evaluate-policy').environment['SLUICE_PUSHES_QUEUE'];
      await api.json('AmazonSQS.SendMessage', 'sqs', { QueueUrl, MessageBody });
    },
  };
}
