import { SluiceError } from '../../../shared/errors.ts';
import type * as z from '../../../shared/schema.ts';
import { type AgentSettings, agentSchema } from '../settings/agent-settings.ts';
import { faultInFile, nameFaults } from '../settings/config-faults.ts';
import { parseConfigFile } from '../settings/config-file.ts';

/** Of URLs that name none; what is no URL, such as a path or `git@host:path`, has none of these protocols. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ssh:': 22 };

/** What an agent.yml asks of the cluster besides what every agent does. */
export interface Needs {
  /** The ports of the URLs in it. */
  readonly ports: readonly number[];
  /** Secrets that variables are read from. */
  readonly secrets: readonly string[];
  /** Service accounts that sources are applied as, `namespace/name`. */
  readonly tenants: readonly string[];
  /** Whether a source is applied as the agent itself. */
  readonly appliesAsItself: boolean;
  /** What it says, with defaults. */
  readonly settings: AgentSettings;
}

/**
 * Checks an agent.yml as the agent will.
 *
 * @param subject its file, for errors
 * @param agentName the agent's, whatever the file says
 * @param printFault says what is wrong, for a person who wrote that
 * @throws SluiceError `config-invalid` with every fault at once
 */
export function needsOf(
  config: string,
  subject: string,
  agentName: string,
  printFault: (issue: z.core.$ZodIssue) => string = faultInFile,
): Needs {
  const given = { ...parseConfigFile(config, subject), name: agentName };
  const parsed = agentSchema.safeParse(given);
  const faults = [...(parsed.error?.issues ?? []).map((issue) => printFault(issue)), ...nameFaults(given)];
  if (!parsed.success || faults.length > 0) {
    throw new SluiceError({ code: 'config-invalid', subject, found: faults.join('\n  ') });
  }
  const { sources, reportEndpoint, nudgeQueue } = parsed.data;
  const variables = sources.flatMap(({ variablesFrom }) => variablesFrom);
  return {
    settings: parsed.data,
    ports: [...new Set([...sources.map(({ url }) => url), reportEndpoint, nudgeQueue].flatMap(portsOf))],
    tenants: [...new Set(sources.flatMap(({ as }) => (as === undefined ? [] : [`${as.namespace}/${as.name}`])))],
    appliesAsItself: sources.some(({ as }) => as === undefined),
    secrets: [...new Set(variables.flatMap(({ kind, name }) => (kind === 'Secret' ? [name] : [])))],
  };
}

function portsOf(url: string | undefined): readonly number[] {
  const { protocol, port } = URL.parse(url ?? '') ?? { protocol: '', port: '' };
  return [port === '' ? DEFAULT_PORTS[protocol] : Number(port)].filter((one) => one !== undefined);
}
