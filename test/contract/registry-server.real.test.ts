import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { type LocalRegistry, startLocalRegistry } from '../../infra/demo/registry/server.ts';
import { makeImage, pushImage as pushBySkopeo } from '../cluster/images.ts';
import { debianPath } from '../cluster/parts.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { describeRegistryServer } from './registry-server.ts';

describeRegistryServer("Docker's", async (notify) => startDockerRegistry({ notify: [notify] }));

describe('registry of the demo, with the tools that people have', () => {
  const run = promisify(execFile);
  const created = new Date('2026-11-01T10:00:00.000Z');
  let directory: string;
  let registry: LocalRegistry;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
    registry = await startLocalRegistry({ directory: join(directory, 'registry') });
  });
  afterEach(async () => {
    await registry.stop();
    await rm(directory, { recursive: true });
  });
  const skopeo = async (...args: readonly string[]) =>
    (await run(debianPath('skopeo'), ['--insecure-policy', ...args])).stdout;

  test.each([{ format: 'oci' }, { format: 'v2s2' }] as const)(
    'skopeo pushes a $format image and finds it there',
    async ({ format }) => {
      const image = await makeImage({ created, labels: { branch: 'main' }, directory: import.meta.dirname });
      const digest = await pushBySkopeo(registry.host, 'team/hello', '1.0.0', image, { format });
      const inspected = await skopeo('inspect', '--tls-verify=false', `docker://${registry.host}/team/hello:1.0.0`);
      expect(JSON.parse(inspected)).toMatchObject({
        Name: `${registry.host}/team/hello`,
        Digest: digest,
        RepoTags: ['1.0.0'],
        Created: '2026-11-01T10:00:00Z',
        Labels: { branch: 'main' },
      });
    },
  );

  test('what we build and push is an image that skopeo copies and umoci unpacks', async () => {
    const at = `http://${registry.host}`;
    await pushImage({ registry: at, repository: 'hello', tag: '1', created, content: 'hello, world' });
    const layout = join(directory, 'layout');
    await skopeo('copy', '--src-tls-verify=false', `docker://${registry.host}/hello:1`, `oci:${layout}:1`);
    const bundle = join(directory, 'bundle');
    await run(debianPath('umoci'), ['unpack', '--rootless', '--image', `${layout}:1`, bundle]);
    expect(await readFile(join(bundle, 'rootfs/release'), 'utf8')).toBe('hello, world');
  });
});
