import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDockerRegistry } from '../registry.ts';
import { Bundle } from './bundle.ts';
import { builtSample, SAMPLE, sampleImage } from './sample-image.ts';

const run = promisify(execFile);

/** Asks for a page of the container that it runs in until it answers, then prints it. */
const ASK = `
import sys, time, urllib.request
for _ in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8080" + sys.argv[1]).read().decode(), end="")
        break
    except OSError:
        time.sleep(0.1)
`;

let image: Bundle;
beforeAll(async () => {
  image = await Bundle.unpack(await builtSample('Hello World!', console.log));
}, 1_800_000);
afterAll(() => image?.remove());

const page = async (path: string) => {
  const script = '"$@" >/tmp/log 2>&1 & python -c "$ASK" "$WAY"; kill $!';
  const environment = [`ASK=${ASK}`, `WAY=${path}`];
  return (await image.run(['env', ...environment, 'sh', '-c', script, 'sh', ...image.command])).stdout;
};

describe("the sample's image, built from its Dockerfile", () => {
  test('serves its page, as nobody and on a root that is read only', async () => {
    expect(await page('/')).toBe('Hello World!\n');
    expect(await page('/healthz')).toBe('ok\n');
    expect((await image.run(['id', '-u'])).stdout).toBe('65534\n');
  });

  test('ends by itself when it is asked to, as a pod is that makes way for another', async () => {
    const script = '"$@" >/tmp/log 2>&1 & python -c "$ASK" /healthz; kill $!; wait $!; echo $?';
    const { stdout } = await image.run(['env', `ASK=${ASK}`, 'sh', '-c', script, 'sh', ...image.command]);
    expect(stdout).toBe('ok\n0\n');
  });

  test('holds the Flask of its requirements', async () => {
    const version = /^flask==(\S+)/m.exec(readFileSync(join(SAMPLE, 'requirements.txt'), 'utf8'))?.[1];
    const { stdout } = await image.run([
      'python',
      '-c',
      'from importlib.metadata import version; print(version("flask"))',
    ]);
    expect(stdout).toBe(`${version}\n`);
  });

  test("serves another page after a change of app.py, from the same layers but that file's", async () => {
    const registry = await startDockerRegistry();
    try {
      // Pages of this test alone: both are built now, and what others build and remove in between takes no layer away.
      const [first, second] = [
        await sampleImage(registry.host, 'Hello Ada', 'one'),
        await sampleImage(registry.host, 'Hello Grace', 'two'),
      ];
      const layers = async (reference: string) => {
        const [, digest = ''] = reference.split('@');
        const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
        const reply = await fetch(`${registry.url}/v2/hello/manifests/${digest}`, { headers });
        return ((await reply.json()) as { layers: { digest: string }[] }).layers.map((layer) => layer.digest);
      };
      const [ofFirst, ofSecond] = [await layers(first), await layers(second)];
      expect(ofSecond.slice(0, -1)).toEqual(ofFirst.slice(0, -1));
      expect(ofSecond.at(-1)).not.toBe(ofFirst.at(-1));
    } finally {
      await registry.stop();
    }
  });

  // The base here is Debian's; what Alpine takes, which has another C library, is downloaded and checked, not run.
  test.each(['musllinux_1_2_x86_64', 'musllinux_1_2_aarch64', 'manylinux2014_x86_64'])(
    'has hashes of its requirements for Python 3.13 on %s',
    async (platform) => {
      const directory = mkdtempSync(join(tmpdir(), 'sluice-wheels-'));
      const to = ['--dest', directory, '--quiet', '--no-cache-dir'];
      const of = ['--platform', platform, '--python-version', '3.13', '--only-binary', ':all:', '--require-hashes'];
      try {
        await run('python3', ['-m', 'pip', 'download', ...to, ...of, '-r', join(SAMPLE, 'requirements.txt')]);
        expect(readdirSync(directory).filter((name) => /^flask-.*\.whl$/i.test(name))).toHaveLength(1);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
});
