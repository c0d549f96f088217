// Serverless reads plugins from JavaScript only; what stands behind it is typed.
export { SluicePlugin as default } from './plugin.ts';
