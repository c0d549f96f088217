import type { Plugin } from 'esbuild';

declare const plugins: readonly Plugin[];
export = plugins;
