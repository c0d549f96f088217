import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { FunctionBase, OpenFunction } from '../../shared/composition/function-base.ts';
import { lambdaEntry } from '../../shared/composition/lambda.ts';
import { openRegistries, openRepositories } from '../../shared/composition/open.ts';
import { openPushClock } from '../../shared/composition/push-clock.ts';
import { RepositoryTime } from '../../shared/decision/repository-time.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import { sweepCheck } from './last-sweep.ts';
import { type SweepPorts, sweepRepositories } from './sweep.ts';

/** Runs on a schedule; the event says no more than that it is time. */
export function createHandler(opened: Omit<SweepPorts, 'time'>) {
  const ports = { ...opened, time: new RepositoryTime(opened.now) };
  return middy(
    async (_event: unknown, context: Context): Promise<void> =>
      sweepRepositories(ports, () => context.getRemainingTimeInMillis()),
  );
}

/** Opens sweep: it reads Git and registries, and writes nothing but messages. */
export async function open({ connection, sender }: FunctionBase): Promise<OpenFunction<unknown, void>> {
  const { cache, config, log, now } = connection;
  return {
    handler: createHandler({
      repositories: await openRepositories(connection, 'read'),
      readSites: siteReader({ cache, log }),
      registry: await openRegistries(connection, openPushClock),
      pushes: sender('pushes'),
      everySeconds: config.sweep.every,
      cache,
      log,
      now,
    }),
    operations: { checks: [sweepCheck(cache, config.sweep.every, now)] },
  };
}

export const handler = lambdaEntry('sweep', process.env, open);
