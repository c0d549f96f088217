import { fileURLToPath } from 'node:url';
import { reachOf } from '../../shared/config/reach.ts';
import { type Deployment, readDeployment, sweepRate } from './deployment.ts';
import { resourcesOf, type TemplatePart } from './resources.ts';
import { settingsSchema } from './settings.ts';

/**
 * What serverless.yml takes from TypeScript: `${file(infra/aws/variables.js):NAME}`. Faults are not thrown here, where
 * Serverless would bury them under a stack: `plugin.ts` tells them before anything is packaged.
 */

/** What Serverless hands to a function that stands for a variable. */
interface VariableContext {
  readonly resolveVariable: (address: string) => Promise<unknown>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The parts of the template that depend on sluice.yml; empty where there is a fault. */
export async function resources(context: VariableContext): Promise<TemplatePart> {
  const { config, settings } = await deploymentOf(context);
  return settings === undefined ? { Resources: {}, Outputs: {}, extensions: {} } : resourcesOf(config, settings);
}

/** For the plugin. */
export async function deployment(context: VariableContext): Promise<Deployment> {
  return deploymentOf(context);
}

/** The schedule of sweep. */
export async function sweepSchedule(context: VariableContext): Promise<string> {
  return sweepRate((await deploymentOf(context)).config);
}

/** The tags of all that the stack makes. */
export async function stackTags(context: VariableContext): Promise<Readonly<Record<string, string>>> {
  const { settings } = await deploymentOf(context);
  return { application: 'sluice', ...settings?.tags };
}

async function deploymentOf({ resolveVariable }: VariableContext): Promise<Deployment> {
  const [region, endpoint] = await Promise.all(
    ['self:provider.region', "env:AWS_ENDPOINT_URL, ''"].map(resolveVariable),
  );
  const given = { target: 'self:custom.target', sizes: 'self:custom.sizes' } as const;
  const names = Object.keys(settingsSchema.shape).filter((name) => !(name in given));
  const addresses = [...Object.entries(given), ...names.map((name) => [name, `param:${name}`] as const)];
  const values = await Promise.all(addresses.map(async ([name, address]) => [name, await resolveVariable(address)]));
  return readDeployment(ROOT, Object.fromEntries(values) as { readonly config: string }, {
    region: String(region),
    isEmulated: reachOf(String(endpoint)).reach === 'loopback',
  });
}
