import type { Command } from 'commander';
import { SluiceError } from '../../shared/errors.ts';
import { printable } from '../../shared/printable.ts';
import { annotateConfigMap } from '../agent/cluster/annotate.ts';
import { type ApiClient, openApiClient } from '../agent/cluster/client.ts';
import { openCluster } from '../agent/cluster/cluster.ts';
import { clusterAccess } from '../agent/cluster/kubeconfig.ts';
import { STATUS_LABEL, SUSPENDED, statusId } from '../agent/observe/status.ts';
import { endWrongUseWith2, type Terminal } from './terminal.ts';

interface Flags {
  readonly source?: string;
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly json?: boolean;
}

/** A source as it was, and why it is suspended now; null where it is not. */
interface Change {
  readonly source: string;
  readonly was: string | null;
  readonly suspended: string | null;
}

const TIMEOUT_MILLIS = 10_000;

const HELP = `
It works by the annotation ${SUSPENDED} of the ConfigMap
sluice-status-NAME, which kubectl annotate sets as well. The agent sees it at
its next look. Without --source it is done for every source of the namespace.

--json prints {"sources": [{"source", "was", "suspended"}]}; the last two are
reasons, or null.
Ends with 2 where the command is wrong or the cluster cannot be asked, with 1
where there is no such source.`;

/** `sluice suspend`: has agents apply nothing until they are resumed. */
export function addSuspend(program: Command, terminal: Terminal): void {
  withCluster(program.command('suspend'))
    .description('have the agent apply nothing until it is resumed')
    .option('--reason <text>', 'why; people see it in the status', 'by hand')
    .action(async ({ reason, ...flags }: Flags & { readonly reason: string }) => change(flags, reason, terminal));
}

/** `sluice resume`: ends what `suspend` began. */
export function addResume(program: Command, terminal: Terminal): void {
  withCluster(program.command('resume'))
    .description('have the agent apply again')
    .action(async (flags: Flags) => change(flags, null, terminal));
}

function withCluster(command: Command): Command {
  return command
    .option('--source <name>', 'what the agent calls what it follows; all of the namespace where it is left out')
    .option('--namespace <name>', "the agent's", 'sluice')
    .option('--kubeconfig <file>', 'else the usual places')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .exitOverride(endWrongUseWith2);
}

async function change(flags: Flags, suspended: string | null, terminal: Terminal): Promise<void> {
  const { namespace, source } = flags;
  const access = await clusterAccess(flags.kubeconfig, flags.context, terminal.variables);
  const ask = openApiClient(access, TIMEOUT_MILLIS);
  const known = await openCluster(access, TIMEOUT_MILLIS, ask).list(
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { namespace, labelSelector: STATUS_LABEL },
  );
  const sources = known.map(({ metadata: { labels = {}, annotations = {} } }) => ({
    source: labels[STATUS_LABEL] ?? '',
    was: annotations[SUSPENDED] ?? null,
  }));
  const chosen = sources.filter((one) => source === undefined || one.source === source);
  if (chosen.length === 0) {
    throw missing(
      namespace,
      source,
      sources.map((one) => one.source),
    );
  }
  const changes: Change[] = [];
  for (const one of chosen) {
    await annotate(ask, one.source, namespace, suspended);
    changes.push({ ...one, suspended });
  }
  terminal.print(flags.json === true ? `${JSON.stringify({ sources: changes })}\n` : changes.map(inWords).join(''));
}

async function annotate(ask: ApiClient, source: string, namespace: string, suspended: string | null): Promise<void> {
  if (!(await annotateConfigMap(ask, statusId(source, namespace), { [SUSPENDED]: suspended }))) {
    throw missing(namespace, source, []);
  }
}

function missing(namespace: string, source: string | undefined, known: readonly string[]): SluiceError {
  return new SluiceError({
    code: 'target-refused',
    subject: source === undefined ? `namespace ${namespace}` : `configmap/${namespace}/sluice-status-${source}`,
    expected: 'the status of a source that an agent follows',
    found: known.length === 0 ? 'none' : `only ${known.join(', ')}`,
    next: 'Check --source and --namespace; an agent writes its status when it first starts.',
  });
}

/** Reasons are whoever's may write annotations. */
function inWords({ source, was, suspended }: Change): string {
  const what = printable(source);
  if (suspended !== null) {
    return `${what}: suspended (${printable(suspended)})\n`;
  }
  return `${what}: ${was === null ? 'was not suspended' : `resumed (it was suspended: ${printable(was)})`}\n`;
}
