import { build } from 'esbuild';

/**
 * Makes the agent one file: `node infra/agent/bundle.ts FILE`. Some packages still call require or look at __dirname,
 * which ES modules lack.
 */
export async function bundleAgent(outfile: string): Promise<void> {
  await build({
    entryPoints: [`${import.meta.dirname}/main.ts`],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
  });
}

if (import.meta.main) {
  const [outfile] = process.argv.slice(2);
  if (outfile === undefined) {
    process.stderr.write('expected the file to write: node infra/agent/bundle.ts dist/sluice-agent.mjs\n');
    process.exitCode = 2;
  } else {
    await bundleAgent(outfile);
  }
}
