import { basename, dirname, extname } from 'node:path';
import { build } from 'esbuild';
import builtInModules from '../bundle/built-in-modules.cjs';

/** Runs by itself, in the place of a source file. */
const RENDER_PROCESS = 'parts/render-process';

/**
 * Makes the agent a file that needs no packages: `node infra/agent/bundle.ts FILE`. What only some need is in `parts/`
 * beside it, and loads when it is needed: the client of AWS Lambda, kubeconfigs with commands, and the process that renders. Some packages still call
 * require or look at __dirname, which ES modules lack.
 */
export async function bundleAgent(outfile: string): Promise<void> {
  await build({
    entryPoints: {
      [basename(outfile, extname(outfile))]: `${import.meta.dirname}/main.ts`,
      [RENDER_PROCESS]: `${import.meta.dirname}/render/apart/render-process.ts`,
    },
    outdir: dirname(outfile),
    outExtension: { '.js': extname(outfile) },
    define: { BUNDLED_RENDER_PROCESS: JSON.stringify(`./${RENDER_PROCESS}${extname(outfile)}`) },
    chunkNames: 'parts/[name]-[hash]',
    splitting: true,
    plugins: [...builtInModules],
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
