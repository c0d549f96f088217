// Serverless reads variables from JavaScript only; what stands behind them is typed.
export { deployment, resources, stackTags, sweepSchedule } from './variables.ts';
