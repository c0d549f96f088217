import { describeConcurrentCommits } from './concurrent-commits.ts';

// Other seeds than those of `npm test`.
describeConcurrentCommits('github', 333, 1001);
describeConcurrentCommits('gitlab', 333, 2001);
describeConcurrentCommits('git', 334, 3001);
