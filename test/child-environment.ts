const { PATH, NODE_COMPILE_CACHE } = process.env;

/**
 * What a Node that a test starts gets of this environment, and nothing of a developer's own: where commands are, and
 * where code is that was compiled before. Half of the time that `sluice --help` takes goes into compiling.
 */
export const CHILD_ENVIRONMENT = { PATH, NODE_COMPILE_CACHE };
