import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { startLocalRegistry } from '../../infra/demo/registry/server.ts';
import { deployment } from '../fakes/manifests.ts';
import { startHostStage } from './host-stage.ts';
import { commitsOf, type Line, readLine, until } from './stage.ts';

const SECRET = 'a secret of the flow test';

test.each([
  { kind: 'github', mode: 'commit' },
  { kind: 'gitlab', mode: 'commit' },
  { kind: 'git', mode: 'commit' },
  { kind: 'github', mode: 'pull-request' },
  { kind: 'gitlab', mode: 'pull-request' },
] as const)(
  'npm start -- --config, a repository at $kind, delivery by $mode',
  { timeout: 60_000 },
  async ({ kind, mode }) => {
    const stage = await startHostStage(kind);
    onTestFinished(async () => stage.stop());
    const directory = mkdtempSync(join(tmpdir(), 'sluice-hosts-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
    const registry = await startLocalRegistry({ directory: join(directory, 'registry') });
    onTestFinished(async () => registry.stop());
    const image = `${registry.host}/hello`;
    const bare = stage.repository('hello', [
      { path: 'k8s/hello.yml', content: deployment(`${image}:1.0.0`, 'semver:~1') },
    ]);
    await pushImage({
      registry: `http://${registry.host}`,
      repository: 'hello',
      tag: '1.0.1',
      created: new Date(),
      content: 'one',
    });
    const config = join(directory, 'sluice.yml');
    writeFileSync(
      config,
      `
repositories: [{ url: "${stage.url('hello')}", host: ${kind}, paths: [k8s], credentials: env:TOKEN, delivery: { mode: ${mode} } }]
registries: [{ host: "${registry.host}", insecure: true, push: { source: generic, secret: env:SECRET } }]
`,
    );
    const lines: Line[] = [];
    const runtime = spawn(
      process.execPath,
      ['infra/local/main.ts', '--config', config, '--port', '0', '--state-dir', join(directory, 'state')],
      { env: { ...process.env, TOKEN: 'write-token', SECRET }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(async () => {
      runtime.kill();
      await once(runtime, 'exit');
    });
    createInterface(runtime.stdout).on('line', (line) => void lines.push(readLine(line)));
    const told = { lines: () => lines };
    const started = await until('the runtime', told, () => lines.find(({ message }) => message === 'runtime started'));
    const body = JSON.stringify({ image: `${image}:1.0.1` });
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
    const reply = await fetch(`${String(started['url'])}/push/generic`, {
      method: 'POST',
      headers: { 'x-signature': signature },
      body,
    });
    expect(reply.status).toBe(202);
    const says = mode === 'commit' ? 'image committed' : 'image proposed';
    const line = await until(says, told, () => lines.find(({ message }) => message === says));
    expect(line).toMatchObject({ image, to: `${image}:1.0.1` });
    const commit = String(line['commit']);
    expect(bare.git('show', `${commit}:k8s/hello.yml`)).toContain(`image: ${image}:1.0.1\n`);
    expect(commitsOf(bare.path)).toHaveLength(mode === 'commit' ? 2 : 1);
    expect(stage.violations).toEqual([]);
  },
);
