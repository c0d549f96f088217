import middy from '@middy/core';
import { type SweepPorts, sweepRepositories } from './sweep.ts';

/** Runs on a schedule; the event says no more than that it is time. */
export function createHandler(ports: SweepPorts) {
  return middy(async (): Promise<void> => sweepRepositories(ports));
}
