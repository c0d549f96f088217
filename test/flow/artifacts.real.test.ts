import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { startRuntime } from '../../infra/local/runtime.ts';
import { awsAccount } from '../../shared/aws/account.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { createLog } from '../../shared/log.ts';
import { secretReader } from '../../shared/secrets/secrets.ts';
import { freePort } from '../cluster/free-port.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { bareRepository } from '../contract/bare-repository.ts';
import { deployment } from '../fakes/manifests.ts';
import { configFor } from './repository.ts';
import { commitsOf, type Line, readLine, until } from './stage.ts';

const SECRET = 'a secret of the flow test';
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';
const SIGNED = 'a'.repeat(64);

/** What CI puts beside images, each younger than they are, and of a higher version where it has one. */
const ARTIFACTS = [
  { what: 'a chart', tag: '2.0.0', config: 'application/vnd.cncf.helm.config.v1+json', because: 'no-image' },
  {
    what: 'an SBOM',
    tag: '3.0.0',
    config: 'application/vnd.oci.empty.v1+json',
    artifactType: 'application/spdx+json',
    because: 'no-image',
  },
  {
    what: 'an attestation in the form of an image',
    tag: '4.0.0',
    config: IMAGE_CONFIG,
    artifactType: 'application/vnd.in-toto+json',
    because: 'no-image',
  },
  { what: 'a cache', tag: '5.0.0', config: 'application/vnd.buildkit.cacheconfig.v0', because: 'no-image' },
  { what: 'a signature', tag: `sha256-${SIGNED}.sig`, config: IMAGE_CONFIG, because: 'no-match' },
  { what: 'an SBOM by cosign', tag: `sha256-${SIGNED}.sbom`, config: IMAGE_CONFIG, because: 'no-match' },
  { what: 'the list of referrers', tag: `sha256-${SIGNED}`, config: IMAGE_CONFIG, because: 'no-match' },
] as const;

/** Pushes a manifest whose config and one layer are small texts. */
async function pushArtifact(repository: string, { tag, config, ...more }: (typeof ARTIFACTS)[number]) {
  const content = JSON.stringify({ created: new Date().toISOString(), tag });
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const begun = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' });
  const target = new URL(begun.headers.get('location') ?? '', repository);
  target.searchParams.set('digest', digest);
  expect((await fetch(target, { method: 'PUT', body: content })).status).toBe(201);
  const blob = { digest, size: content.length };
  const body = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: OCI, config: { mediaType: config, ...blob } },
    ...('artifactType' in more ? { artifactType: more.artifactType } : {}),
    layers: [{ mediaType: 'application/octet-stream', ...blob }],
  });
  const headers = { 'content-type': OCI };
  expect((await fetch(`${repository}/manifests/${tag}`, { method: 'PUT', headers, body })).status).toBe(201);
}

test('charts, signatures and SBOMs that are pushed beside an image are told of, and nothing but images is committed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-artifacts-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const lines: Line[] = [];
  const port = await freePort();
  const pushUrl = `http://127.0.0.1:${port}/push/distribution`;
  const endpoint = { url: pushUrl, headers: { authorization: `Bearer ${SECRET}` } };
  const registry = await startDockerRegistry({
    notify: [{ ...endpoint, ignoredMediaTypes: ['application/octet-stream'] }],
  });
  onTestFinished(async () => registry.stop());
  const image = `${registry.host}/hello`;
  const push = async (tag: string) =>
    pushImage({ registry: registry.url, repository: 'hello', tag, created: new Date(), content: tag });
  await push('1.0.0');
  const bare = bareRepository(join(directory, 'hello.git'), [
    { path: 'k8s/age.yml', content: deployment(`${image}:1.0.0`, 'glob:*') },
    { path: 'k8s/version.yml', content: deployment(`${image}:1.0.0`, 'semver:>=1.0.0') },
  ]);
  const git = await startGitServer({ directory });
  onTestFinished(async () => git.stop());
  const runtime = await startRuntime({
    config: parseConfig(configFor(`${git.url}/hello.git`, registry.host), 'sluice.yml'),
    secrets: secretReader({ PUSH_SECRET: SECRET }),
    ...{ aws: awsAccount({}), directory: join(directory, 'runtime'), port, invokePort: 0 },
    log: createLog({}, 'info', { write: (line: string) => void lines.push(readLine(line)) }),
  });
  onTestFinished(async () => runtime.stop());
  const stage = { lines: () => lines };

  for (const artifact of ARTIFACTS) {
    await pushArtifact(`${registry.url}/v2/hello`, artifact);
  }
  for (const { what, tag, because } of ARTIFACTS) {
    const kept = await until(`a decision about ${what}, for both places`, stage, () => {
      const told = lines.filter((line) => line['message'] === 'image kept' && line['tag'] === tag);
      return told.length >= 2 ? told : undefined;
    });
    expect(new Set(kept.map((line) => line['because']))).toEqual(new Set([because]));
  }
  await push('1.0.1');
  await until(
    'the next image in both places',
    stage,
    () => ['age', 'version'].every((name) => bare.read(`k8s/${name}.yml`).includes(`${image}:1.0.1\n`)) || undefined,
  );
  const subjects = commitsOf(bare.path).map(({ message }) => message.split('\n')[0]);
  expect(new Set(subjects.slice(0, -1))).toEqual(new Set([`${image}: 1.0.0 → 1.0.1`]));
}, 120_000);
