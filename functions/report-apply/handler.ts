import middy from '@middy/core';
import { readWebhooks } from '../../shared/connections/endpoints.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { openRepositories } from '../../shared/connections/open.ts';
import { applyReportSchema, checkMessage } from '../../shared/queue/messages.ts';
import { type ReportPorts, tellReport } from './report.ts';

/**
 * Invoked by the agent with a report as the payload.
 *
 * @throws SluiceError `message-invalid` for anything else; where Lambda invoked it asynchronously, it tries again
 *   what may succeed later
 */
export function createHandler(ports: ReportPorts) {
  return middy(
    async (event: unknown): Promise<void> =>
      tellReport(checkMessage(applyReportSchema, event, 'report of an agent'), ports),
  );
}

export const handler = lambdaEntry('report-apply', process.env, async ({ connection, log }) =>
  createHandler({
    repositories: await openRepositories(connection, 'status'),
    webhooks: await readWebhooks(connection),
    log,
  }),
);
