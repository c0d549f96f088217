import { parse } from 'yaml';
import { SluiceError } from '../../../shared/errors.ts';
import { agentSchema } from '../agent-settings.ts';

/** What an agent.yml asks of the cluster besides what every agent does. */
export interface Needs {
  /** The ports that repositories name in their URLs. */
  readonly ports: readonly number[];
  /** Secrets that variables are read from. */
  readonly secrets: readonly string[];
  /** Service accounts that sources are applied as, `namespace/name`. */
  readonly tenants: readonly string[];
  /** Whether a source is applied as the agent itself. */
  readonly appliesAsItself: boolean;
}

/**
 * Checks an agent.yml as the agent will.
 *
 * @param subject its file, for errors
 * @throws SluiceError `config-invalid` with every fault at once
 */
export function needsOf(config: string, subject: string): Needs {
  const parsed = agentSchema.safeParse(parse(config));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
    throw new SluiceError({ code: 'config-invalid', subject, found: faults.join('\n  ') });
  }
  const { sources } = parsed.data;
  const variables = sources.flatMap(({ variablesFrom }) => variablesFrom);
  return {
    ports: sources.flatMap(({ url }) => (URL.canParse(url) ? Number(new URL(url).port) || [] : [])),
    tenants: [...new Set(sources.flatMap(({ as }) => (as === undefined ? [] : [`${as.namespace}/${as.name}`])))],
    appliesAsItself: sources.some(({ as }) => as === undefined),
    secrets: [...new Set(variables.flatMap(({ kind, name }) => (kind === 'Secret' ? [name] : [])))],
  };
}
