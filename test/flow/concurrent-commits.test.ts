import { describeConcurrentCommits } from './concurrent-commits.ts';

describeConcurrentCommits('github', 17);
describeConcurrentCommits('gitlab', 17);
describeConcurrentCommits('git', 16);
