import { describeConcurrentCommits } from './concurrent-commits.ts';

// Most are at plain Git, whose server is the real one.
describeConcurrentCommits('git', 876);
describeConcurrentCommits('github', 87);
describeConcurrentCommits('gitlab', 87);
