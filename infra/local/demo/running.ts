import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';

/** Where a second terminal finds the demo that runs in the first. */
const FILE = '.sluice/demo.json';

export interface RunningDemo {
  /** `http://127.0.0.1:PORT` of its image registry. */
  readonly registry: string;
}

/** Tells second terminals of this folder where the demo is. */
export function announceDemo(demo: RunningDemo): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(demo)}\n`);
}

export function withdrawDemo(): void {
  rmSync(FILE, { force: true });
}

/** @throws SluiceError `config-invalid` where none runs in this folder */
export function findDemo(): RunningDemo {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as RunningDemo;
  } catch (cause) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: 'demo',
      expected: 'one that runs in this folder',
      found: 'none',
      next: 'Start it with `npm start` in another terminal.',
      cause,
    });
  }
}
