import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkDeployment, type DeploymentTarget } from '../../shared/config/deployment.ts';
import { loadConfig } from '../../shared/config/load.ts';
import type { Config } from '../../shared/config/schema.ts';
import { messageOf } from '../../shared/errors.ts';
import { readStackSettings, type StackSettings } from './settings.ts';

/** What is to be deployed, or why it cannot be. */
export interface Deployment {
  readonly config: Config;
  /** The file that is packaged, from the root of the checkout. */
  readonly configFile: string;
  /** Is it the example, for want of one of the user's own? Then it is packaged, but never deployed. */
  readonly isExample: boolean;
  readonly settings: StackSettings | undefined;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

const EXAMPLE = 'sluice.example.yml';
/** What the example stands in for; who names another file means that file. */
const OWN = 'sluice.yml';

/** Stands in for a configuration with faults, so that commands that need none go on: `remove`, `info`. */
const NOTHING: Config = { repositories: [], registries: [], sweep: { every: 900 }, notifications: [], freezes: [] };

/** EventBridge knows whole minutes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
const MINUTE = 60;

/**
 * Reads the configuration and the settings of a deployment; faults are told, not thrown.
 *
 * @param root the checkout
 * @param values the params of serverless.yml
 * @param target what is known of where it goes
 */
export function readDeployment(
  root: string,
  values: { readonly config: string },
  target: DeploymentTarget,
): Deployment {
  const { settings, faults } = readStackSettings(values);
  const isExample = values.config === OWN && !existsSync(join(root, OWN)) && existsSync(join(root, EXAMPLE));
  const configFile = isExample ? EXAMPLE : values.config;
  const base = { configFile, isExample, settings };
  try {
    const config = loadConfig(join(root, configFile));
    if (isExample) {
      // Its secrets are for a machine, and it goes nowhere.
      return { ...base, config, faults, warnings: [] };
    }
    const found = checkDeployment(config, { ...target, isInVpc: (settings?.subnets.length ?? 0) > 0 });
    return { ...base, config, faults: [...faults, ...found.faults], warnings: found.warnings };
  } catch (error) {
    return { ...base, config: NOTHING, faults: [...faults, messageOf(error).replaceAll(`${root}/`, '')], warnings: [] };
  }
}

/** The schedule of sweep as EventBridge has it. */
export function sweepRate({ sweep }: Config): string {
  const minutes = Math.max(1, Math.ceil(sweep.every / MINUTE));
  return minutes === 1 ? 'rate(1 minute)' : `rate(${minutes} minutes)`;
}
