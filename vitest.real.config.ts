import { defineConfig } from 'vitest/config';
import { NODE_COMPILE_CACHE } from './vitest.config.ts';

/** Suites that need real parts (docker-registry, sshd, a control plane); `npm run test:real` finds or builds them first. */
export default defineConfig({
  test: {
    include: ['test/**/*.real.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each has ports, folders and networks of its own. They wait more than they work, and a third would be too slow for some.
    maxWorkers: 2,
    env: { NODE_COMPILE_CACHE },
  },
});
