import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { startLocalRegistry } from '../../infra/demo/registry/server.ts';
import { startRuntime } from '../../infra/local/runtime.ts';
import { awsAccount } from '../../shared/aws/account.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { createLog } from '../../shared/log.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';
import { bareRepository } from '../contract/bare-repository.ts';
import { deployment } from '../fakes/manifests.ts';
import { commitsOf, type Line, readLine, until } from './stage.ts';

const SECRET = 'a secret of the burst';

export interface BurstOptions {
  readonly images: number;
  readonly versions: number;
  readonly seconds: number;
}

export interface BurstResult {
  readonly pushes: number;
  readonly commits: number;
  /** Images that do not stand at their last version in the end. */
  readonly lost: readonly string[];
  /** Updates that stand in more than one commit. */
  readonly twice: readonly string[];
}

/** Pushes every version of every image, evenly over some seconds, and counts the commits that come of it. */
export async function runBurst({ images, versions, seconds }: BurstOptions): Promise<BurstResult> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-burst-'));
  const lines: Line[] = [];
  const registry = await startLocalRegistry({ directory: join(directory, 'registry') });
  const names = Array.from({ length: images }, (_, index) => `app-${index}`);
  const tags = Array.from({ length: versions }, (_, index) => `1.0.${index + 1}`);
  const url = `http://${registry.host}`;
  for (const repository of names) {
    await Promise.all(
      tags.map(async (tag) => pushImage({ registry: url, repository, tag, created: new Date(), content: tag })),
    );
  }
  const files = names.map((name) => ({
    path: `k8s/${name}.yml`,
    content: deployment(`${registry.host}/${name}:1.0.0`, 'semver:~1'),
  }));
  const bare = bareRepository(join(directory, 'hello.git'), files);
  const git = await startGitServer({ directory });
  const runtime = await startRuntime({
    config: parseConfig(
      `
repositories: [{ url: "${git.url}/hello.git" }]
registries: [{ host: "${registry.host}", insecure: true, push: { source: generic, secret: env:SECRET } }]
`,
      'sluice.yml',
    ),
    secrets: secretReader({ SECRET }),
    aws: awsAccount({}),
    directory: join(directory, 'runtime'),
    port: 0,
    invokePort: 0,
    log: createLog({}, 'info', { write: (line: string) => void lines.push(readLine(line)) }),
  });
  try {
    const pushes = tags.flatMap((tag) => names.map((name) => `${registry.host}/${name}:${tag}`));
    await pushEvenly(`${runtime.url}/push/generic`, pushes, seconds * 1000);
    const last = tags.at(-1) ?? '';
    const lost = () =>
      names.filter((name) => !bare.read(`k8s/${name}.yml`).toString('utf8').includes(`/${name}:${last}\n`));
    await until(
      'the last versions',
      { lines: () => lines.slice(-5) },
      () => lost().length === 0 || undefined,
      60_000,
    ).catch(() => undefined);
    const commits = commitsOf(bare.path).slice(0, -1);
    const updates = commits.flatMap(({ message }) => message.match(/^Sluice-Site: .*$/gm) ?? []);
    return {
      pushes: pushes.length,
      commits: commits.length,
      lost: lost(),
      twice: updates.filter((update, index) => updates.indexOf(update) < index),
    };
  } finally {
    await runtime.stop();
    await Promise.all([git.stop(), registry.stop()]);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function pushEvenly(url: string, images: readonly string[], millis: number): Promise<void> {
  const started = performance.now();
  const sent = images.map(async (image, index) => {
    await sleep((index * millis) / images.length);
    const body = JSON.stringify({ image });
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
    const reply = await fetch(url, { method: 'POST', headers: { 'x-signature': signature }, body });
    if (reply.status !== 202) {
      throw new Error(`push of ${image}: status ${reply.status} after ${performance.now() - started} ms`);
    }
    await reply.body?.cancel();
  });
  await Promise.all(sent);
}
