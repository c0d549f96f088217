import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { openRegistries, openRepositories } from '../../shared/connections/open.ts';
import { type ConsumePorts, consume, type Outcome } from '../../shared/queue/consume.ts';
import { type ImageUpdate, imageUpdateSchema, readMessage } from '../../shared/queue/messages.ts';
import { type CommitPorts, commitUpdates } from './commit.ts';
import { knownHeads } from './known-heads.ts';

/** Takes updates from their queue, one commit for each repository and branch among them. */
export function createHandler(ports: Omit<CommitPorts, 'heads'> & ConsumePorts) {
  const heads = knownHeads();
  return middy(
    async (event: SQSEvent): Promise<SQSBatchResponse> =>
      consume(event, ports, async (records) => commitBatch(records, { ...ports, heads })),
  );
}

interface Waiting {
  readonly index: number;
  readonly update: ImageUpdate;
}

async function commitBatch(records: readonly SQSRecord[], ports: CommitPorts): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = records.map(() => undefined);
  const waiting: Waiting[] = [];
  records.forEach(({ body }, index) => {
    try {
      waiting.push({ index, update: readMessage(imageUpdateSchema, body, 'message of queue updates') });
    } catch (error) {
      outcomes[index] = { error };
    }
  });
  const branches = Object.values(
    Object.groupBy(waiting, ({ update }) => JSON.stringify([update.repository, update.branch])),
  );
  await Promise.all(
    branches.map(async (branch = []) => {
      for (const { index, error } of await commitBranch(branch, ports)) {
        outcomes[index] = { error };
      }
    }),
  );
  return outcomes;
}

/** The updates of one branch that failed: all of them where the host did, else those whose own file cannot be edited. */
async function commitBranch(branch: readonly Waiting[], ports: CommitPorts) {
  try {
    const folded = await commitUpdates(
      branch.map(({ update }) => update),
      ports,
    );
    return branch.flatMap(({ index }, at) => {
      const one = folded[at];
      return one?.action === 'fail' ? [{ index, error: one.error }] : [];
    });
  } catch (error) {
    return branch.map(({ index }) => ({ index, error }));
  }
}

export const handler = lambdaEntry('commit-image', process.env, async ({ connection, environment, log, sender }) =>
  createHandler({
    repositories: await openRepositories(connection),
    registry: await openRegistries(connection),
    deadLetters: await sender('dead-letters'),
    maxReceives: environment.maxReceives,
    log,
    now: connection.now,
  }),
);
