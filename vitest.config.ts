import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Children too take from here what was compiled before. */
export const NODE_COMPILE_CACHE = fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.real.test.ts', 'node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    env: { NODE_COMPILE_CACHE },
    // Modules keep no state, so files may share them: to load them anew is most of the work of most files.
    isolate: false,
    maxWorkers: availableParallelism(),
  },
});
