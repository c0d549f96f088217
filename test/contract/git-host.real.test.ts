import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { deployKey } from '../../infra/agent/identity/deploy-key.ts';
import { openPlainGit } from '../../shared/git-host/git/open.ts';
import { startSshd } from '../cluster/sshd.ts';
import { bareRepository } from './bare-repository.ts';
import { type Access, describeGitAccess } from './git-access.ts';
import { MANIFESTS } from './git-files.ts';
import { describeGitHost } from './git-host.ts';
import { describeGitHistory } from './git-host-history.ts';
import { describeGitSpecialCases } from './git-host-special.ts';
import { makeSshAccess, SSH_REFUSALS, type SshAccess } from './ssh-access.ts';

const timeoutMillis = 20_000;
let keys: SshAccess;
beforeAll(async () => {
  keys = await makeSshAccess();
});
afterAll(() => keys?.remove());

async function startOverSsh(repositories: string, hostKey?: string) {
  const sshd = await startSshd({ repositories, authorizedKeys: [keys.writer], readOnlyKeys: [keys.reader] });
  const credentials = keys.credentials(
    hostKey === undefined ? `${sshd.knownHosts}\n` : `[127.0.0.1]:${sshd.port} ${hostKey}\n`,
  );
  const open = (name: string, access: Access = 'write') => {
    const url = `${sshd.url}/${name}.git`;
    return openPlainGit({ url, credentials: credentials[access], timeoutMillis });
  };
  return { open, stop: async () => sshd.stop() };
}

describeGitHost('plain over SSH', startOverSsh);

describeGitHistory('plain over SSH', startOverSsh);

describeGitSpecialCases('plain over SSH', startOverSsh);

describeGitAccess('plain over SSH', async (repositories) => ({
  ...(await startOverSsh(repositories)),
  ...SSH_REFUSALS,
}));

/** Bundles a module by the settings that functions are deployed with. */
async function packageAsForLambda(entry: string, outfile: string): Promise<void> {
  const serverless: unknown = parse(readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8'));
  const { custom } = z
    .object({
      custom: z.object({
        esbuild: z.object({
          banner: z.record(z.string(), z.string()),
          exclude: z.array(z.string()),
          format: z.literal('esm'),
          minify: z.boolean(),
          target: z.string(),
        }),
      }),
    })
    .parse(serverless);
  const { exclude, ...options } = custom.esbuild;
  await build({ ...options, entryPoints: [entry], outfile, external: exclude, bundle: true, platform: 'node' });
}

test('over SSH, packaged as for Lambda, a process without any command on its path reads and commits', async () => {
  const repositories = mkdtempSync(join(tmpdir(), 'sluice-git-ssh-'));
  onTestFinished(() => rmSync(repositories, { recursive: true, force: true }));
  const bare = bareRepository(join(repositories, 'hello.git'), [
    { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  ]);
  const { privateKeyFile, publicKey } = await deployKey(join(keys.directory, 'lambda'), 'lambda');
  const sshd = await startSshd({ repositories, authorizedKeys: [publicKey] });
  onTestFinished(async () => sshd.stop());
  const worker = join(repositories, 'worker.mjs');
  await packageAsForLambda(fileURLToPath(new URL('../unit/git/wire/without-git-worker.ts', import.meta.url)), worker);
  const secret = readFileSync(privateKeyFile, 'utf8');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [worker, `${sshd.url}/hello.git`, secret, sshd.knownHosts, join(keys.directory, 'lambda keys')],
    { env: { PATH: join(repositories, 'empty') } },
  );
  expect(JSON.parse(stdout)).toMatchObject({ commit: bare.git('rev-parse', 'main').trim(), commits: 2 });
  expect(bare.read('k8s/deploy.yml').toString()).toBe('image: hello:2\n');
});

describe('a host with another key than the known one', () => {
  const repositories = mkdtempSync(join(tmpdir(), 'sluice-git-ssh-'));
  let stage: Awaited<ReturnType<typeof startOverSsh>>;
  beforeAll(async () => {
    bareRepository(join(repositories, 'hello.git'), MANIFESTS);
    const { publicKey } = await deployKey(join(keys.directory, 'other-host'), 'other');
    stage = await startOverSsh(repositories, publicKey);
  });
  afterAll(async () => {
    await stage?.stop();
    rmSync(repositories, { recursive: true, force: true });
  });

  test('is not spoken to: git-unauthorized', async () => {
    await expect(stage.open('hello').head('main')).rejects.toMatchObject({
      code: 'git-unauthorized',
      retryable: false,
      message: expect.stringMatching(
        /REMOTE HOST IDENTIFICATION HAS CHANGED.*Check knownHosts of this repository in sluice\.yml/,
      ),
    });
  });
});
