import type { Command } from 'commander';
import { SluiceError } from '../../shared/errors.ts';
import { printable } from '../../shared/printable.ts';
import { deployKey } from '../agent/identity/deploy-key.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly stateDir?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly name: string;
}

const TIMEOUT_MILLIS = 30_000;

/** `sluice identity`: the key that a Git host has to know. */
export function addIdentity(program: Command, terminal: Terminal): void {
  program
    .command('identity')
    .description("print the public half of an agent's SSH deploy key, which it keeps in a Secret")
    .option('--state-dir <dir>', 'of an agent without a Secret; the key is made where there is none')
    .option('--kubeconfig <file>', 'else the usual places')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', "the agent's", 'sluice')
    .option('--name <name>', "the agent's", 'default')
    .action(async (flags: Flags) => {
      const { stateDir } = flags;
      const key =
        stateDir === undefined
          ? await keyInCluster(flags, terminal.variables)
          : await deployKey(stateDir, 'sluice-agent');
      terminal.print(`${printable(key.publicKey)}\n`);
    });
}

/** @throws SluiceError `cluster-…`, or `secret-unavailable` where there is no such Secret */
async function keyInCluster({ kubeconfig, context, namespace, name }: Flags, variables: Terminal['variables']) {
  // The cluster's client is slow to load, and other commands need none.
  const [{ clusterAccess }, { openApiClient }, { identitySecretOf, readIdentity, subjectOf }] = await Promise.all([
    import('../agent/cluster/kubeconfig.ts'),
    import('../agent/cluster/client.ts'),
    import('../agent/identity/identity-secret.ts'),
  ]);
  const secret = identitySecretOf(name, namespace);
  const ask = openApiClient(await clusterAccess(kubeconfig, context, variables), TIMEOUT_MILLIS);
  const identity = await readIdentity(ask, secret);
  if (identity === undefined) {
    throw new SluiceError({
      code: 'secret-unavailable',
      subject: subjectOf(secret),
      expected: 'the key of an agent',
      found: 'no such Secret',
      next: 'The agent makes it when it first follows a repository by SSH; check --namespace and --name.',
    });
  }
  return identity;
}
