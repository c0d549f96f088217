import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Resources } from '../../../infra/aws/intrinsics.ts';
import { resourcesOf } from '../../../infra/aws/resources.ts';
import { readSettings, type Settings } from '../../../infra/aws/settings.ts';
import { parseConfig } from '../../../shared/config/load.ts';

interface ServerlessYml {
  readonly params: { readonly default: Readonly<Record<string, unknown>> };
  readonly custom: { readonly sizes: unknown };
}

/** The values of serverless.yml as they come to readSettings, with some changed. */
export function valuesWith(changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const file = new URL('../../../serverless.yml', import.meta.url);
  const { params, custom } = parse(readFileSync(file, 'utf8')) as ServerlessYml;
  return { ...params.default, sizes: custom.sizes, target: 'sluice-test', ...changes };
}

/** The settings of a stack `sluice-test`, but for some. */
export function defaultSettings(changes: Readonly<Record<string, unknown>> = {}): Settings {
  const { settings, faults } = readSettings(valuesWith(changes));
  if (settings === undefined) {
    throw new Error(faults.join('\n'));
  }
  return settings;
}

/** What that stack is made of, besides what Serverless makes. */
export function defaultResources(): Resources {
  const config = parseConfig('{ repositories: [{ url: /a }], registries: [{ host: a.example }] }', 'sluice.yml');
  return resourcesOf(config, defaultSettings()).Resources;
}

/** What stands at a path of names with dots between them, `error.code`. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<string, unknown>>)[key] : undefined,
      value,
    );
}
