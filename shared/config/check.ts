import { readFileSync } from 'node:fs';
import { messageOf, SluiceError } from '../errors.ts';
import { repositoryName } from '../git-host/repository-name.ts';
import { nearMiss } from '../near-miss.ts';
import type { z } from '../schema.ts';
import { freezeObject } from './freeze.ts';
import { repositoryFaults, repositorySchema } from './repository.ts';
import { type Config, configSchema, registryFaults, registrySchema } from './schema.ts';

/**
 * Checks a configuration that came as a value; `file` names it in errors.
 *
 * @throws SluiceError `config-invalid` with every fault at once, each with its path and what was expected
 */
export function checkConfig(value: unknown, file: string): Config {
  const parsed = configSchema.safeParse(value);
  const faults = [...(parsed.error?.issues.map(describe) ?? []), ...contradictions(value)];
  if (!parsed.success || faults.length > 0) {
    throw invalidConfig(file, faults);
  }
  return parsed.data;
}

/** The text of a configuration file. @throws SluiceError `config-invalid` */
export function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const next = 'name one that is there, or begin with a copy of sluice.example.yml';
    throw invalidConfig(file, [`cannot be read (${messageOf(cause)}); ${next}`]);
  }
}

/** Tells what is wrong with a configuration. */
export function invalidConfig(file: string, faults: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'config-invalid',
    subject: file,
    found: faults.length === 1 ? `${faults[0]}` : `${faults.length} faults\n  ${faults.join('\n  ')}\n`,
  });
}

/** Faults that no single value shows, among the entries that are good by themselves. */
function contradictions(value: unknown): readonly string[] {
  const repositories = goodEntries(value, 'repositories', repositorySchema);
  const registries = goodEntries(value, 'registries', registrySchema);
  return [
    ...repositories.flatMap(({ at, entry }) => repositoryFaults(entry).map((fault) => `repositories[${at}].${fault}`)),
    ...registries.flatMap(({ at, entry }) => registryFaults(entry).map((fault) => `registries[${at}].${fault}`)),
    ...repeated(repositories.map(({ entry }) => `${repositoryName(entry.url)} ${entry.branch}`)).map((index) => {
      const { at, entry } = repositories[index] ?? {};
      return `repositories[${at}]: expected each repository and branch once, found ${entry?.url} again`;
    }),
    ...repeated(registries.map(({ entry }) => entry.host)).map((index) => {
      const { at, entry } = registries[index] ?? {};
      return `registries[${at}].host: expected each host once, found ${entry?.host} again`;
    }),
  ];
}

interface Entry<T> {
  readonly at: number;
  readonly entry: T;
}

function goodEntries<T>(value: unknown, name: string, schema: z.ZodMiniType<T>): readonly Entry<T>[] {
  const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return Array.isArray(list)
    ? list.flatMap((one: unknown, at) => {
        const parsed = schema.safeParse(one);
        return parsed.success ? [{ at, entry: parsed.data }] : [];
      })
    : [];
}

function repeated(keys: readonly string[]): readonly number[] {
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [index] : []));
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  if (path === '' && issue.code === 'invalid_type') {
    return 'the file: expected a mapping with repositories and registries';
  }
  const meant = issue.code === 'unrecognized_keys' ? meantKeys(issue.keys, issue.path) : [];
  const hint = meant.length === 0 ? '' : `; did you mean ${meant.join(', ')}?`;
  return `${path.replace(/^\./, '') || 'the file'}: ${issue.message}${hint}`;
}

/** The keys that were perhaps meant, of the file, a repository, a registry or a freeze. */
function meantKeys(keys: readonly string[], path: readonly PropertyKey[]): readonly string[] {
  const schemas = new Map<string, { readonly shape: object }>([
    ['', configSchema],
    ['repositories.0', repositorySchema],
    ['registries.0', registrySchema],
    ['freezes.0', freezeObject],
  ]);
  const place = path.map((part) => (typeof part === 'number' ? 0 : String(part))).join('.');
  const known = Object.keys(schemas.get(place)?.shape ?? {});
  return keys.flatMap((key) => nearMiss(key, known) ?? []);
}
