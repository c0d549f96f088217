import { describeConcurrentCommits } from './concurrent-commits.ts';

// `npm run test:real` has these and a thousand more.
describeConcurrentCommits('github', 5);
describeConcurrentCommits('gitlab', 5);
describeConcurrentCommits('git', 5);
