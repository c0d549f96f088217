import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Children too take from here what was compiled before. */
export const NODE_COMPILE_CACHE = fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));

/**
 * Workers take these from here. The C library of Linux gives back what large buffers took, in the place of keeping it:
 * a worker that has read them is of 250 MB, not of 335.
 *
 * @see https://man7.org/linux/man-pages/man3/mallopt.3.html
 */
// biome-ignore lint/style/noProcessEnv: it is read before a worker begins, and no option reaches that
Object.assign(process.env, {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
});

/** Start a process for most of what they do. */
const STARTERS = /\/test\/(?:unit\/(?:agent\/(?:git\/|main|start)|(?:doubles|git|git-host|cli)\/)|(?:contract|flow)\/)/;
/** Leave much memory behind. */
const LARGE = /limits|pack|property/;

/**
 * To start a process Node copies the tables of its memory: 19 ms in a worker of 400 MB, as they become, and 5 in one of
 * 120. Those that start many go first.
 */
class StartersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isStarter = ({ moduleId }: TestSpecification) => STARTERS.test(moduleId) && !LARGE.test(moduleId);
    const { true: starters = [], false: others = [] } = Object.groupBy(
      await super.sort(files),
      (file) => `${isStarter(file)}`,
    );
    return [...starters, ...others];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.real.test.ts', 'node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    env: { NODE_COMPILE_CACHE },
    sequence: { sequencer: StartersFirst },
    // Modules keep no state, so files may share them: to load them anew is most of the work of most files.
    isolate: false,
    // A third of the time files wait, for processes and for clocks.
    maxWorkers: availableParallelism() + 1,
  },
});
