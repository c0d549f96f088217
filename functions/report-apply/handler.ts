import middy from '@middy/core';
import { readWebhooks } from '../../shared/connections/endpoints.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { openRepositories } from '../../shared/connections/open.ts';
import { applyReportSchema, checkMessage, readMessage } from '../../shared/queue/messages.ts';
import { sendingEach } from '../../shared/queue/sending-each.ts';
import { reportOperations } from './operations.ts';
import { type ReportPorts, tellReport } from './report.ts';

const SUBJECT = 'report of an agent';

/**
 * Invoked by the agent with a report as the payload.
 *
 * @throws SluiceError `message-invalid` for anything else; where Lambda invoked it asynchronously, it tries again
 *   what may succeed later
 */
export function createHandler(ports: ReportPorts) {
  return middy(
    async (event: unknown): Promise<void> => tellReport(checkMessage(applyReportSchema, event, SUBJECT), ports),
  );
}

export const handler = lambdaEntry('report-apply', process.env, async ({ connection, log, queue, sender }) => {
  const { cache } = connection;
  const ports = {
    repositories: await openRepositories(connection, 'status'),
    webhooks: await readWebhooks(connection),
    cache,
    log,
  };
  const again = async (report: string) => tellReport(readMessage(applyReportSchema, report, SUBJECT), ports);
  return {
    handler: createHandler(ports),
    operations: reportOperations({
      ...ports,
      deadLetters: {
        open: async () => queue('dead-letters'),
        target: sendingEach(again, { deadLetters: sender('dead-letters'), log }),
      },
    }),
  };
});
