import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { awsApi, REGION } from './aws-api.ts';
import { readStack, type Stack } from './stack.ts';

export interface DeployOptions {
  /** The text of sluice.yml. */
  readonly sluiceYml: string;
  readonly stage: string;
  readonly params?: Readonly<Record<string, string>>;
  /** Where AWS answers. */
  readonly endpoint: string;
}

/** What a checkout is deployed from; the rest is tests, documents and what runs elsewhere. */
const SOURCES = ['functions', 'shared', 'infra', 'package.json', 'tsconfig.json', 'serverless.yml'];

/** Deploys the checkout with a sluice.yml of its own, as a person does, and reads back what came of it. */
export async function deployStack({ sluiceYml, stage, params = {}, endpoint }: DeployOptions): Promise<Stack> {
  const checkout = mkdtempSync(join(tmpdir(), 'sluice-checkout-'));
  try {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    for (const source of SOURCES) {
      cpSync(join(root, source), join(checkout, source), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
    writeFileSync(join(checkout, 'sluice.yml'), sluiceYml);
    const options = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
    await serverless(checkout, endpoint, ['deploy', '--stage', stage, '--region', REGION, ...options]);
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
  return readStack(awsApi(endpoint), `${params['prefix'] ?? 'sluice'}-${stage}`);
}

async function serverless(directory: string, endpoint: string, commandLine: readonly string[]): Promise<void> {
  const cli = join(directory, 'node_modules', '.bin', 'serverless');
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    SLS_TELEMETRY_DISABLED: '1',
  };
  try {
    await promisify(execFile)(cli, [...commandLine], { cwd: directory, env: environment });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`serverless ${commandLine[0]}:\n${stdout}\n${stderr}`, { cause: error });
  }
}
