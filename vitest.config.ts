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
  },
});
