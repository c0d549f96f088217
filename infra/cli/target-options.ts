import type { Command } from 'commander';
import { endWrongUseWith2 } from './terminal.ts';

/** What says which functions are meant, and how to print. */
export interface TargetFlags {
  readonly target: string;
  readonly region?: string;
  readonly stateDir: string;
  readonly json?: boolean;
}

/** Of the local runtime, as it starts without options. */
const LOCAL = 'http://127.0.0.1:8081';

/** Adds the flags, and 2 as the exit code of a command that is wrong. */
export function withTarget(command: Command, variables: Readonly<Record<string, string | undefined>>): Command {
  return command
    .option(
      '--target <target>',
      "the URL of the local runtime's Invoke API, or a deployment as its stack is named: sluice-prod; or by SLUICE_TARGET",
      variables['SLUICE_TARGET'] || LOCAL,
    )
    .option('--region <region>', 'of the deployment; by default as AWS is configured')
    .option('--state-dir <dir>', 'of the local runtime, which holds its token', '.sluice/state')
    .option('--json', 'print JSON')
    .exitOverride(endWrongUseWith2);
}
