import { describeConcurrentCommits } from './concurrent-commits.ts';

// A thousand, with other seeds than those of `npm test`. Most are at plain Git, whose server is the real one.
describeConcurrentCommits('git', 860, 1001);
describeConcurrentCommits('github', 70, 2001);
describeConcurrentCommits('gitlab', 70, 3001);
