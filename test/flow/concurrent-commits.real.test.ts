import { describeConcurrentCommits } from './concurrent-commits.ts';

// A thousand, with other seeds than those of `npm test`. Most are at plain Git, whose server is the real one.
describeConcurrentCommits('git', 800, 1001);
describeConcurrentCommits('github', 100, 2001);
describeConcurrentCommits('gitlab', 100, 3001);
