import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import type { HttpServer } from '../../infra/local/http-server.ts';
import { listenOnLoopback } from '../../infra/local/loopback.ts';
import { startPushServer } from '../../infra/local/push-server.ts';
import { silentLog } from '../../shared/log.ts';
import { startDaemon, waitFor } from '../cluster/daemon.ts';
import { freePort } from '../cluster/free-port.ts';
import { debianPath } from '../cluster/parts.ts';
import { type FrontDoor, openFrontDoor } from '../unit/receive-push/front-door.ts';

const PUBLIC = 'https://sluice.example.com';
const SECRET = 'the-secret';

/** A snippet of README as it is written, with this machine in the place of the public address. */
function snippet(language: string, word: string, url: string): string {
  const blocks = readFileSync('README.md', 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms);
  const found = [...blocks].find(([, of, code = '']) => of === language && code.includes(word))?.[2] ?? '';
  expect(found).toContain(PUBLIC);
  return found.replaceAll(PUBLIC, url);
}

test("README's endpoint for Docker's registry: one delivery for a push, and none for a pull", async () => {
  const told: { events: { action: string; target: { tag?: string } }[] }[] = [];
  const sink = await listenOnLoopback(
    createServer(async (request, response) => {
      told.push(JSON.parse(await text(request)));
      response.writeHead(202).end();
    }),
    0,
  );
  onTestFinished(async () => sink.close());
  const directory = mkdtempSync(join(tmpdir(), 'sluice-readme-registry-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'storage'));
  const port = await freePort();
  const file = join(directory, 'registry.yml');
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(directory, 'storage') } },
    http: { addr: `127.0.0.1:${port}`, secret: 'x' },
    ...parse(snippet('yaml', 'endpoints:', `http://${sink.host}`)),
  };
  writeFileSync(file, JSON.stringify(config));
  const daemon = await startDaemon({
    name: 'docker-registry',
    command: debianPath('docker-registry'),
    arguments: ['serve', file],
    logDirectory: directory,
  });
  onTestFinished(async () => daemon.stop(1000));
  const registry = `http://127.0.0.1:${port}`;
  await waitFor('docker-registry', async () => (await fetch(`${registry}/v2/`)).ok, { timeoutMillis: 15_000 });

  const push = async (tag: string) =>
    pushImage({ registry, repository: 'hello', tag, created: new Date(), content: tag });
  await push('1.0.0');
  const pulled = await fetch(`${registry}/v2/hello/manifests/1.0.0`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const { config: descriptor } = (await pulled.json()) as { config: { digest: string } };
  expect((await fetch(`${registry}/v2/hello/blobs/${descriptor.digest}`)).ok).toBe(true);
  await push('1.0.1');
  await vi.waitUntil(() => told.length >= 2, { timeout: 10_000 });
  // What a pull would have sent is on its way by then.
  await sleep(1000);
  expect(told.map(({ events }) => events.map(({ action, target }) => `${action} ${target.tag}`))).toEqual([
    ['push 1.0.0'],
    ['push 1.0.1'],
  ]);
});

describe("README's commands for a CI job", () => {
  let server: HttpServer;
  let door: FrontDoor;
  beforeEach(async () => {
    const endpoints = [
      { host: 'registry.gitlab.com', source: 'gitlab', secret: SECRET },
      { host: 'registry.example.com', source: 'generic', secret: SECRET },
    ];
    // The jobs' commands sign the time of this machine.
    door = openFrontDoor(endpoints, Date.now);
    server = await startPushServer({
      port: 0,
      receive: async ({ rawPath: path, headers, body }) =>
        door.deliver({ path, headers: headers as Record<string, string>, body }),
      log: silentLog,
    });
  });
  afterEach(async () => server.stop());

  const run = async (word: string, variables: Readonly<Record<string, string>>) => {
    const env = { PATH: process.env['PATH'], PUSH_SECRET: SECRET, ...variables };
    return new Promise<{ status: number | string | undefined; said: string }>((resolve) => {
      execFile('sh', ['-ec', snippet('sh', word, server.url)], { env }, (error, stdout, stderr) =>
        resolve({ status: error?.code ?? 0, said: `${stdout}${stderr}` }),
      );
    });
  };
  const queued = async () => (await door.queued()).map((one) => `${one.registry}/${one.repository}:${one.tag}`);
  const job = { CI_JOB_ID: '4711', CI_REGISTRY_IMAGE: 'registry.gitlab.com/acme/team/hello' };

  test.each([
    { on: 'a branch', variables: { CI_COMMIT_TAG: '', CI_COMMIT_SHORT_SHA: '0a1b2c3d' }, tag: '0a1b2c3d' },
    { on: 'a tag', variables: { CI_COMMIT_TAG: '1.0.1', CI_COMMIT_SHORT_SHA: '0a1b2c3d' }, tag: '1.0.1' },
  ])('of GitLab, on $on, tell of the tag', async ({ variables, tag }) => {
    expect(await run('/push/gitlab', { ...job, ...variables })).toMatchObject({ status: 0 });
    expect(await queued()).toEqual([`registry.gitlab.com/acme/team/hello:${tag}`]);
  });

  test('of GitLab, with no tag at all, fail with the reason', async () => {
    const { status, said } = await run('/push/gitlab', { ...job, CI_COMMIT_TAG: '', CI_COMMIT_SHORT_SHA: '' });
    expect({ status, queued: await queued() }).toEqual({ status: 22, queued: [] });
    expect(said).toContain('expected a tag of acme/team/hello, found none. Send the tag that the job pushed');
  });

  test('of any other CI tell of the image that is written', async () => {
    expect(await run('/push/generic', {})).toMatchObject({ status: 0 });
    expect(await queued()).toEqual(['registry.example.com/hello:1.0.1']);
  });
});
