import { setTimeout as sleep } from 'node:timers/promises';
import type { Lambda } from '../aws/lambda.ts';

/** How much of the work is done, from 0 to 1. */
export type Progress = () => number;

export interface RandomKillsOptions {
  /** Names of the functions that are killed, each as often as another where it runs as much. */
  readonly functions: readonly string[];
  readonly kills: number;
  readonly random: () => number;
  readonly progress: Progress;
}

/** The last ones come before the work ends. */
const LAST_AT = 0.95;
const LOOK_MILLIS = 5;
/** A function rarely works longer than this. */
const LONGEST_PAUSE_MILLIS = 300;
/** So often a function is looked for before another takes its place. */
const LOOKS = 400;

/** Waits until so much of the work is done. */
export async function reached(progress: Progress, share: number): Promise<void> {
  while (progress() < share) {
    await sleep(LOOK_MILLIS);
  }
}

/**
 * Ends functions by SIGKILL at random moments of their work.
 *
 * @returns how often each was killed, by its name
 */
export async function killAtRandom(
  lambda: Pick<Lambda, 'inFlight'>,
  { functions, kills, random, progress }: RandomKillsOptions,
): Promise<Readonly<Record<string, number>>> {
  const moments = Array.from({ length: kills }, () => random() * LAST_AT).toSorted((one, other) => one - other);
  const killed: Record<string, number> = {};
  for (const moment of moments) {
    await reached(progress, moment);
    await sleep(random() * LONGEST_PAUSE_MILLIS);
    const victim = await running(lambda, pick(functions, random), random);
    await victim.kill();
    killed[victim.name] = (killed[victim.name] ?? 0) + 1;
  }
  return killed;
}

/** A run of this function; of any where it does not run for long. */
async function running(lambda: Pick<Lambda, 'inFlight'>, wanted: string | undefined, random: () => number) {
  for (let looks = 0; ; looks += 1) {
    const found = lambda.inFlight().filter(({ name }) => name === wanted || looks > LOOKS);
    const chosen = pick(found, random);
    if (chosen !== undefined) {
      return chosen;
    }
    await sleep(LOOK_MILLIS);
  }
}

function pick<T>(choices: readonly T[], random: () => number): T | undefined {
  return choices[Math.floor(random() * choices.length)];
}
