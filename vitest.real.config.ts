import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { NODE_COMPILE_CACHE } from './vitest.config.ts';

/** These take minutes: last they would run alone. */
const LONGEST = ['concurrent-commits.real', 'real-node.real', 'agent-pod.real'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.includes(`/${name}.`));
    const { true: long = [], false: others = [] } = Object.groupBy(
      await super.sort(files),
      (file) => `${isLong(file)}`,
    );
    return [...long, ...others];
  }
}

/** Suites that need real parts (docker-registry, sshd, a control plane); `npm run test:real` finds or builds them first. */
export default defineConfig({
  test: {
    include: ['test/**/*.real.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each has ports, folders and networks of its own. They wait more than they work, and a third would be too slow for some.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    env: { NODE_COMPILE_CACHE },
  },
});
