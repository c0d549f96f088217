import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import builtInModules from '../../../infra/bundle/built-in-modules.cjs';

const directory = mkdtempSync(join(tmpdir(), 'sluice-built-in-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SOURCE = `
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import path, { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
const { homedir } = await import('node:os');
await pause(1);
console.log(JSON.stringify({
  works: [createHash('sha256').update('x').digest('hex').length, fs.existsSync('/'), path.join === join, typeof homedir()],
  loaded: process.moduleLoadList,
}));
`;

/** Made at the first look at what `node:crypto` and `node:fs` export under other names. */
const UNUSED = ['NativeModule internal/crypto/webcrypto', 'NativeModule internal/fs/streams'];

describe("Node's own modules in the bundle of a function", () => {
  const rows: readonly [title: string, plugins: readonly Plugin[], loaded: readonly string[]][] = [
    ['load what is used of them alone', builtInModules, []],
    ['an import as Node does it loads what nobody uses', [], UNUSED],
  ];
  test.each(rows)('%s', async (title, plugins, loaded) => {
    const outfile = join(directory, `${title.length}.mjs`);
    await build({
      stdin: { contents: SOURCE },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      plugins: [...plugins],
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
    const told = JSON.parse(stdout) as { readonly works: unknown; readonly loaded: readonly string[] };
    expect(told.works).toEqual([64, true, true, 'string']);
    expect(UNUSED.filter((name) => told.loaded.includes(name))).toEqual(loaded);
  });
});
