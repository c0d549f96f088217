import middy from '@middy/core';
import { readClusters, readWebhooks } from '../../shared/composition/endpoints.ts';
import type { FunctionBase, OpenFunction } from '../../shared/composition/function-base.ts';
import { lambdaEntry } from '../../shared/composition/lambda.ts';
import { openRepositories } from '../../shared/composition/open.ts';
import { inlineSender } from '../../shared/queue/inline-sender.ts';
import { applyReportSchema, checkMessage, readJson } from '../../shared/queue/messages.ts';
import { deadLetterOnFailure } from '../../shared/queue/send-to-dead-letters.ts';
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

/** Opens report-apply: it hears the agents, and speaks beside commits. */
export async function open({ connection, deadLetters, sender }: FunctionBase): Promise<OpenFunction<unknown, void>> {
  const { cache, log } = connection;
  const ports = {
    repositories: await openRepositories(connection, 'status'),
    webhooks: await readWebhooks(connection),
    clusters: await readClusters(connection),
    cache,
    log,
  };
  const again = async (report: string) => takeReport(readJson(report, SUBJECT), ports);
  return {
    handler: createHandler(ports).use(deadLetterOnFailure({ deadLetters: sender('dead-letters'), log })),
    operations: reportOperations({
      ...ports,
      deadLetters: deadLetters((own) => inlineSender(again, { deadLetters: own, log })),
    }),
  };
}

export const handler = lambdaEntry('report-apply', process.env, open);
