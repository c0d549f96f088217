import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

/** A row of ARCHITECTURE's table: a file of it, what it may import, and what is a breach. */
const RULES: Readonly<Record<string, readonly [file: string, allowed: string, breach: string]>> = {
  'shared/*.ts': ['shared/a.ts', './errors.ts', './queue/port.ts'],
  'shared/yaml/**': ['shared/yaml/a.ts', 'yaml', '../errors.ts'],
  'shared/image/**': ['shared/image/a.ts', '../errors.ts', 'node:http2'],
  'shared/policy/**': ['shared/policy/a.ts', '../image/reference.ts', '../manifest/site.ts'],
  'shared/manifest/**': ['shared/manifest/dialects/a.ts', '../../policy/policy.ts', '../../git-host/port.ts'],
  'shared/sluice-file/**': ['shared/sluice-file/a.ts', '../yaml/compose.ts', '../image/reference.ts'],
  'shared/block-list/**': ['shared/block-list/a.ts', '../sluice-file/parse.ts', 'node:fs'],
  'shared/hold/**': ['shared/hold/a.ts', '../sluice-file/parse.ts', '../manifest/site.ts'],
  'shared/history/**': ['shared/history/a.ts', '../git-host/port.ts', '../decision/decide.ts'],
  'shared/process/**': ['shared/process/a.ts', 'node:child_process', '../git/address.ts'],
  'shared/http/**': ['shared/http/a.ts', 'node:http', '../registry/port.ts'],
  'shared/aws/**': ['shared/aws/a.ts', '../http/client.ts', '../queue/port.ts'],
  'shared/git/**': ['shared/git/wire/a.ts', '../../process/run.ts', '../../git-host/port.ts'],
  'shared/cache/**': ['shared/cache/a.ts', '../aws/service.ts', '../queue/port.ts'],
  'shared/queue/**': ['shared/queue/a.ts', '../aws/service.ts', '../cache/port.ts'],
  'shared/registry/**': ['shared/registry/a.ts', '../cache/port.ts', '../git-host/port.ts'],
  'shared/git-host/**': ['shared/git-host/github/a.ts', '../port.ts', '../../decision/decide.ts'],
  'shared/git-host/*/api/*.ts': [
    'shared/git-host/github/api/a.ts',
    '../../../http/client.ts',
    '../../../decision/decide.ts',
  ],
  'shared/secrets/**': ['shared/secrets/a.ts', '../aws/account.ts', '../config/load.ts'],
  'shared/config/**': ['shared/config/a.ts', '../git-host/port.ts', '../composition/open.ts'],
  'shared/decision/**': ['shared/decision/a.ts', '../policy/policy.ts', '../queue/port.ts'],
  'shared/operator/**': ['shared/operator/a.ts', '../decision/decide.ts', '../composition/open.ts'],
  'shared/composition/**': ['shared/composition/a.ts', '../config/load.ts', '../manifest/scan.ts'],
  'functions/*/*.ts': ['functions/sweep/a.ts', '../../shared/errors.ts', '../commit-image/ports.ts'],
  'functions/commit-image/*/*.ts': [
    'functions/commit-image/branch/a.ts',
    '../message/commit-message.ts',
    '../../sweep/handler.ts',
  ],
  'functions/receive-push/sources/*.ts': [
    'functions/receive-push/sources/a.ts',
    '../body.ts',
    '../../commit-image/ports.ts',
  ],
  'infra/agent/**': [
    'infra/agent/apply/a.ts',
    '../../../shared/queue/messages.ts',
    '../../../shared/queue/sqs-queue.ts',
  ],
  'infra/aws/**': ['infra/aws/a.ts', '../../shared/errors.ts', '../agent/manifest.ts'],
  'infra/local/**': ['infra/local/queue/a.ts', '../../../shared/errors.ts', '../../demo/demo.ts'],
  'infra/local/main.ts': ['infra/local/main.ts', '../demo/demo.ts', '../agent/run-agent.ts'],
  'infra/demo/**': ['infra/demo/kubernetes/a.ts', '../../agent/cluster/client.ts', '../../cli/main.ts'],
  'infra/cli/**': ['infra/cli/a.ts', '../agent/cluster/client.ts', '../local/main.ts'],
};

describe('import rules', () => {
  const root = new URL('../..', import.meta.url).pathname;
  const directory = mkdtempSync(join(tmpdir(), 'sluice-import-rules-'));
  let breaches: Readonly<Record<string, readonly string[]>>;
  beforeAll(() => {
    copyFileSync(join(root, 'biome.json'), join(directory, 'biome.json'));
    for (const [file, allowed, breach] of Object.values(RULES)) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), `import '${allowed}';\nimport '${breach}';\n`);
    }
    breaches = lint(root, directory);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each(Object.entries(RULES))(
    '%s: of its two imports the linter refuses the one that is not allowed',
    (_, row) => {
      const [file, , breach] = row;
      expect(breaches[file]).toEqual([`import '${breach}';`]);
    },
  );

  test('each rule of the linter has its row here', () => {
    const { overrides } = biomeSchema.parse(JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')));
    const ruled = overrides.filter(({ linter }) => linter.rules.style?.['noRestrictedImports'] !== undefined);
    expect(ruled.flatMap(({ includes }) => includes)).toEqual(Object.keys(RULES));
  });

  test('each rule of the linter has its row in ARCHITECTURE.md, in the same order', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    const [, table = ''] = text.split('| Folder | Imports of ours | Packages |\n|---|---|---|\n');
    const rows = table.split('\n\n', 1)[0]?.split('\n') ?? [];
    expect(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1])).toEqual(Object.keys(RULES));
  });
});

const biomeSchema = z.object({
  overrides: z.array(
    z.object({
      includes: z.array(z.string()),
      linter: z.object({ rules: z.object({ style: z.record(z.string(), z.unknown()).optional() }) }),
    }),
  ),
});

const reportSchema = z.object({
  diagnostics: z.array(
    z.object({
      category: z.string(),
      location: z.object({ path: z.string(), start: z.object({ line: z.number() }) }),
    }),
  ),
});

/** The lines that the linter refuses, by their files. */
function lint(root: string, directory: string): Readonly<Record<string, readonly string[]>> {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const options = ['--only=noRestrictedImports', '--reporter=json', '--vcs-enabled=false', '--max-diagnostics=none'];
  let report: string;
  try {
    report = execFileSync(biome, ['lint', ...options], { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    report = z.object({ stdout: z.string() }).parse(error).stdout;
  }
  const { diagnostics } = reportSchema.parse(JSON.parse(report));
  const lines = diagnostics.map(({ location: { path, start } }) => {
    const line = readFileSync(join(directory, path), 'utf8').split('\n')[start.line - 1] ?? '';
    return { path, line };
  });
  return Object.fromEntries(
    Object.entries(Object.groupBy(lines, ({ path }) => path)).map(([path, found = []]) => [
      path,
      found.map(({ line }) => line),
    ]),
  );
}
