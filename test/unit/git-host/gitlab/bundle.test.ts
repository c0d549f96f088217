import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { openGitLab } from '../../../../shared/git-host/gitlab/open.ts';
import { gitLabStage, headOf } from './stage.ts';

const root = new URL('../../../..', import.meta.url).pathname;
const directory = mkdtempSync(join(root, 'node_modules/.bundle-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const serverless = z.object({
  custom: z.object({ esbuild: z.object({ alias: z.record(z.string(), z.string()) }) }),
});

const gitLab = gitLabStage();

test('what a function carries of gitbeaker asks a GitLab, without the packages that are left out', async () => {
  const { alias } = serverless.parse(parse(readFileSync(join(root, 'serverless.yml'), 'utf8'))).custom.esbuild;
  const outfile = join(directory, 'open.mjs');
  await build({
    entryPoints: ['shared/git-host/gitlab/open.ts'],
    absWorkingDir: root,
    outfile,
    alias,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const bundle: { readonly openGitLab: typeof openGitLab } = await import(outfile);
  const { url, bare } = gitLab.repository();
  const host = bundle.openGitLab({ url, token: 'write-token', timeoutMillis: 20_000, now: Date.now });
  const head = await host.head('main');
  expect(head).toBe(headOf(bare));
  expect((await host.history('main')).map(({ revision }) => revision)).toContain(head);
  expect(readFileSync(outfile, 'utf8')).not.toContain('RateLimiterRedis');
});
