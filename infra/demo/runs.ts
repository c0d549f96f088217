import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SluiceError } from '../../shared/errors.ts';
import { prepareStateDirectory } from '../../shared/process/state-directory.ts';
import { lockState, type StateLock } from '../local/state-lock.ts';

/** What a demo writes down of itself: for second terminals, and for the next start where this one is killed. */
export interface DemoRecord {
  /** `http://127.0.0.1:PORT` of its image registry, once it takes pushes. */
  readonly registry?: string;
  /** What it made in a person's cluster; written before it is made. */
  readonly namespace?: { readonly context: string; readonly name: string };
}

/** The demos of this folder; each has a directory, which is locked as long as its process lives. */
const HOME = '.sluice/demo';
const RECORD = 'run.json';

/** The directory of one demo. */
export class DemoRun {
  /** Like no other's. */
  readonly id: string;
  /** Absolute; holds whatever the demo needs on the disk. */
  readonly directory: string;
  readonly #lock: StateLock;
  #record: DemoRecord;

  private constructor(id: string, directory: string, lock: StateLock, record: DemoRecord) {
    this.id = id;
    this.directory = directory;
    this.#lock = lock;
    this.#record = record;
  }

  /** Makes a directory for a demo that begins. @throws SluiceError `config-invalid` where it cannot be made or locked */
  static begin(home = HOME): DemoRun {
    for (;;) {
      const id = randomBytes(4).toString('hex');
      const directory = resolve(home, id);
      prepareStateDirectory(directory);
      const lock = tryLock(directory);
      // Another that starts at this moment may have taken it for one that was left.
      if (lock !== undefined && existsSync(directory)) {
        return new DemoRun(id, directory, lock, {});
      }
    }
  }

  /** Takes over what demos left whose processes were killed; those that run are left alone. */
  static takeLeft(home = HOME): readonly DemoRun[] {
    return idsIn(home).flatMap((id) => {
      const directory = resolve(home, id);
      const lock = tryLock(directory);
      return lock === undefined ? [] : [new DemoRun(id, directory, lock, readRecord(directory))];
    });
  }

  get record(): DemoRecord {
    return this.#record;
  }

  /** Adds to the record; it is on the disk when this returns. */
  write(more: DemoRecord): void {
    this.#record = { ...this.#record, ...more };
    const next = join(this.directory, `${RECORD}.new`);
    writeFileSync(next, `${JSON.stringify(this.#record)}\n`, { flush: true });
    renameSync(next, join(this.directory, RECORD));
  }

  /** Removes the directory. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    this.#lock.release();
  }

  /** Leaves the directory to the next start. */
  leave(): void {
    this.#lock.release();
  }
}

/** The registry of a demo that runs in this folder. @throws SluiceError `config-invalid` where none takes pushes */
export function findDemo(home = HOME): string {
  const registries = idsIn(home).flatMap((id) => {
    const directory = resolve(home, id);
    const { registry } = readRecord(directory);
    return registry !== undefined && isRunning(directory) ? [registry] : [];
  });
  const [registry] = registries;
  if (registry === undefined || registries.length > 1) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: 'demo',
      expected: 'one that runs in this folder and has a registry',
      found: registry === undefined ? 'none' : `${registries.length}`,
      next: registry === undefined ? 'Start it with `npm start` in another terminal.' : 'End all but one.',
    });
  }
  return registry;
}

function isRunning(directory: string): boolean {
  const lock = tryLock(directory);
  lock?.release();
  return lock === undefined;
}

function tryLock(directory: string): StateLock | undefined {
  try {
    return lockState(directory);
  } catch {
    return undefined;
  }
}

function idsIn(home: string): readonly string[] {
  try {
    return readdirSync(home).filter((name) => /^[0-9a-f]{8}$/.test(name));
  } catch {
    return [];
  }
}

/** Empty for one that has written nothing yet. */
function readRecord(directory: string): DemoRecord {
  try {
    return JSON.parse(readFileSync(join(directory, RECORD), 'utf8')) as DemoRecord;
  } catch {
    return {};
  }
}
