import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { readStackSettings, type StackSettings } from '../../../infra/aws/settings.ts';
import { parseConfig } from '../../../shared/config/load.ts';
import type { Config } from '../../../shared/config/schema.ts';

export const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
export const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b';
export const SECRETS_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/5ec7';

const serverlessYml = z.object({
  params: z.object({ default: z.record(z.string(), z.unknown()) }),
  custom: z.object({ sizes: z.unknown() }),
});

/** The params of serverless.yml as it stands, with some told otherwise. */
export function params(told: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const { params: defaults, custom } = serverlessYml.parse(parse(readFileSync('serverless.yml', 'utf8')));
  return { ...defaults.default, target: 'sluice-prod', sizes: custom.sizes, ...told };
}

/** @throws Error where they have faults */
export function settingsOf(told: Readonly<Record<string, unknown>> = {}): StackSettings {
  const { settings, faults } = readStackSettings(params(told));
  if (settings === undefined || faults.length > 0) {
    throw new Error(faults.join('\n'));
  }
  return settings;
}

/** A configuration with one repository and registries as flow mappings of YAML. */
export function configOf({
  repositories = ['url: https://gitlab.com/acme/shop.git, credentials: ssm:/sluice/git'],
  registries = ['host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push }'],
  rest = '',
}: {
  readonly repositories?: readonly string[];
  readonly registries?: readonly string[];
  readonly rest?: string;
} = {}): Config {
  const list = (name: string, entries: readonly string[]) =>
    `${name}: [${entries.map((one) => `{ ${one} }`).join(', ')}]`;
  return parseConfig(
    [list('repositories', repositories), list('registries', registries), rest].join('\n'),
    'sluice.yml',
  );
}
