import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Steps } from './steps.ts';
import { limitSignal } from './time-limit.ts';

/** The work of one repository in this process. */
interface Work {
  /** By `performance.now`. */
  readonly startedAt: number;
  /** Has it met something large? */
  isLarge: boolean;
  /** Milliseconds that it let others go first. */
  waited: number;
}

/** Work that has gone on for longer waits for a host, or is no shorter than what would wait for it. */
const YOUNG_MILLIS = 1000;
/** Nothing waits for longer in all. */
const MOST_MILLIS = 2000;
const LOOK_MILLIS = 5;

const atWork = new Set<Work>();
const current = new AsyncLocalStorage<Work>();

/** Runs the work of one repository beside that of others: what is large in one goes after what is small in another. */
export async function besideOthers<T>(work: () => Promise<T>): Promise<T> {
  const mine = { startedAt: performance.now(), isLarge: false, waited: 0 };
  atWork.add(mine);
  try {
    return await current.run(mine, work);
  } finally {
    atWork.delete(mine);
  }
}

/**
 * Lets others go first, before something that keeps the only thread busy for longer: a large file, a large object. All
 * work gets to it after two seconds.
 *
 * @throws the reason of the work's time limit, where that is over
 */
export async function afterOthers(): Promise<void> {
  const mine = current.getStore();
  await nextTurn();
  if (mine !== undefined) {
    mine.isLarge = true;
    await untilSmallOnesEnd(mine);
  }
  limitSignal()?.throwIfAborted();
}

/** After so much of the clock others have their turn. */
const TURN_MILLIS = 10;

/**
 * Does work in small steps, and lets others go first after some of them.
 *
 * @throws the reason of the work's time limit, where that is over
 */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let startedAt = performance.now();
  let step = steps.next();
  while (step.done !== true) {
    if (performance.now() - startedAt > TURN_MILLIS) {
      await afterOthers();
      startedAt = performance.now();
    }
    step = steps.next();
  }
  return step.value;
}

async function untilSmallOnesEnd(mine: Work): Promise<void> {
  for (; mine.waited < MOST_MILLIS && hasSmallNeighbour(mine); mine.waited += LOOK_MILLIS) {
    await sleep(LOOK_MILLIS);
  }
}

function hasSmallNeighbour(mine: Work): boolean {
  const since = performance.now() - YOUNG_MILLIS;
  return [...atWork].some((work) => work !== mine && !work.isLarge && work.startedAt >= since);
}
