import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { readClusters, readWebhooks } from '../../shared/connections/endpoints.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { openRepositories } from '../../shared/connections/open.ts';
import { isRetryable } from '../../shared/errors.ts';
import { type GiveUpPorts, giveUp } from '../../shared/queue/give-up.ts';
import { applyReportSchema, checkMessage, readJson } from '../../shared/queue/messages.ts';
import { sendingEach } from '../../shared/queue/sending-each.ts';
import { authenticateReport } from './authenticate.ts';
import { reportOperations } from './operations.ts';
import { type ReportPorts, tellReport } from './report.ts';

const SUBJECT = 'report of an agent';

/**
 * Invoked by the agent with a report as the payload.
 *
 * @throws SluiceError `message-invalid` for anything else, or for a report that is not from the agent that it names; and
 *   what cannot be told
 */
export function createHandler(ports: ReportPorts) {
  return middy(async (event: unknown): Promise<void> => takeReport(event, ports));
}

async function takeReport(message: unknown, ports: ReportPorts): Promise<void> {
  const report = checkMessage(applyReportSchema, message, SUBJECT);
  authenticateReport(message, report, ports.clusters);
  await tellReport(report, ports);
}

/**
 * Lambda invokes a function that failed twice more, whatever it failed of: what no other try mends is not thrown, but
 * is a dead letter at once. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function givingUp(work: ReturnType<typeof createHandler>, ports: GiveUpPorts) {
  return async (event: unknown, context: Context): Promise<void> => {
    try {
      await work(event, context);
    } catch (error) {
      if (isRetryable(error)) {
        throw error;
      }
      await giveUp(JSON.stringify(event), error, ports);
    }
  };
}

export const handler = lambdaEntry('report-apply', process.env, async ({ connection, log, queue, sender }) => {
  const { cache } = connection;
  const ports = {
    repositories: await openRepositories(connection, 'status'),
    webhooks: await readWebhooks(connection),
    clusters: await readClusters(connection),
    cache,
    log,
  };
  const givingUpTo = { deadLetters: sender('dead-letters'), log };
  const again = async (report: string) => takeReport(readJson(report, SUBJECT), ports);
  return {
    handler: givingUp(createHandler(ports), givingUpTo),
    operations: reportOperations({
      ...ports,
      deadLetters: {
        open: async () => queue('dead-letters'),
        target: sendingEach(again, givingUpTo),
      },
    }),
  };
});
