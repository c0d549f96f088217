import middy from '@middy/core';
import { readWebhooks } from '../../shared/connections/endpoints.ts';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { SluiceError } from '../../shared/errors.ts';
import { type ApplyReport, applyReportSchema } from '../../shared/queue/messages.ts';
import { type ReportPorts, tellReport } from './report.ts';

/**
 * Invoked by the agent with a report as the payload.
 *
 * @throws SluiceError `message-invalid` for anything else; where Lambda invoked it asynchronously, it tries again
 *   what may succeed later
 */
export function createHandler(ports: ReportPorts) {
  return middy(async (event: unknown): Promise<void> => tellReport(readReport(event), ports));
}

function readReport(event: unknown): ApplyReport {
  const parsed = applyReportSchema.safeParse(event);
  if (!parsed.success) {
    const found = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new SluiceError({ code: 'message-invalid', subject: 'report of an agent', expected: 'version 1', found });
  }
  return parsed.data;
}

export const handler = lambdaEntry('report-apply', process.env, async ({ connection, log }) =>
  createHandler({ webhooks: await readWebhooks(connection), log }),
);
