import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BareRepository, TestFile } from './bare-repository.ts';

export const BOM = '\uFEFF';
/** Not UTF-8: a text that cannot be written back unchanged. */
export const LATIN1 = Buffer.from('name: gr\u00FCn\n', 'latin1');

/** A repository with everything that a repository of manifests may hold. */
export const MANIFESTS: readonly TestFile[] = [
  { path: 'k8s/deploy.yml', content: 'image: hello:1\n' },
  { path: 'k8s/pod.json', content: '{"kind":"Pod"}' },
  { path: 'k8s/UPPER.YML', content: 'a: 1\n' },
  { path: 'k8s/run.yml', content: 'image: hello:1\n', mode: '100755' },
  { path: 'k8s/crlf.yaml', content: 'image: hello:1\r\nkind: Pod\r\n' },
  { path: 'k8s/bom.yml', content: `${BOM}image: hello:1\n` },
  { path: 'k8s/with space/über straße.yaml', content: 'größe: 1\n' },
  { path: 'k8s/quoted "name" \\.yml', content: 'a: 1\n' },
  { path: 'k8s/line\nbreak.yml', content: 'a: 1\n' },
  { path: 'k8s/latin1.yml', content: LATIN1 },
  { path: 'k8s/large.yml', content: `a: ${'x'.repeat(1024 * 1024)}\n` },
  { path: 'k8s/notes.txt', content: 'not a manifest\n' },
  { path: 'k8s/link.yml', content: 'deploy.yml', mode: '120000' },
  { path: 'k8s-other/x.yml', content: 'a: 1\n' },
  { path: 'k*/star.yml', content: 'a: 1\n' },
  { path: ':(top)odd.yml', content: 'a: 1\n' },
  { path: 'linked', content: 'k8s', mode: '120000' },
  { path: 'module', content: 'c0ffee'.padEnd(40, '0'), mode: '160000' },
  { path: 'root.yml', content: 'a: 1\n' },
];

/** Lets the repository refuse every push with these words. */
export function refuseBy({ path }: BareRepository, words: string): void {
  const hook = join(path, 'hooks', 'pre-receive');
  mkdirSync(join(path, 'hooks'), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
  chmodSync(hook, 0o755);
}
