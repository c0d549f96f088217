import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentFor } from './moto.ts';

/** How a command ended, and all that it printed. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A copy of the checkout, with a sluice.yml of its own, as people deploy it. */
export interface Checkout {
  readonly directory: string;
  /** Writes sluice.yml; the next command reads it. */
  configure(sluiceYml: string): void;
  /** Runs npm in it: `npm('run', 'deploy', '--', '--stage', 'prod')`. */
  npm(...words: readonly string[]): Promise<Ended>;
  /** Runs serverless in it: `serverless('remove', '--stage', 'prod')`. */
  serverless(...words: readonly string[]): Promise<Ended>;
  remove(): void;
}

/** What a checkout is deployed from; the rest is tests, documents and what runs elsewhere. */
const SOURCES = [
  'functions',
  'shared',
  'infra',
  'package.json',
  'tsconfig.json',
  'serverless.yml',
  'sluice.example.yml',
];

/** @param endpoint where AWS answers */
export function openCheckout(endpoint: string): Checkout {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), 'sluice-checkout-'));
  for (const source of SOURCES) {
    cpSync(join(root, source), join(directory, source), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const run = async (command: string, words: readonly string[]): Promise<Ended> => {
    const env = { ...process.env, ...environmentFor(endpoint), SLS_TELEMETRY_DISABLED: '1' };
    try {
      const { stdout, stderr } = await promisify(execFile)(command, [...words], { cwd: directory, env });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code !== 'number') {
        throw error;
      }
      return { code, output: stdout + stderr };
    }
  };
  return {
    directory,
    configure: (sluiceYml) => writeFileSync(join(directory, 'sluice.yml'), sluiceYml),
    npm: async (...words) => run('npm', words),
    serverless: async (...words) => run(join(directory, 'node_modules', '.bin', 'serverless'), words),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
