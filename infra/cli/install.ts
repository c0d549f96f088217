import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { messageOf, SluiceError } from '../../shared/errors.ts';
import { agentConfig, type ConfigFlags, faultOfFlag } from '../agent/install/config.ts';
import { refuseContradictions } from '../agent/install/contradictions.ts';
import { installManifests, printManifests } from '../agent/install/manifests.ts';
import { needsOf } from '../agent/install/needs.ts';
import { type InstallOptions, NAMESPACE } from '../agent/install/options.ts';
import {
  collect,
  toAccounts,
  toAllowed,
  toCount,
  toImage,
  toMemory,
  toName,
  toNamespace,
  toNamespaces,
  toPorts,
  toRole,
} from './install-values.ts';
import { endWrongUseWith2, type Terminal } from './terminal.ts';

/** The flags of `sluice install`, those of agent.yml among them. */
interface Flags extends ConfigFlags {
  readonly config?: string;
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly imagePullSecret?: string;
  readonly replicas: number;
  readonly memoryLimit: string;
  readonly allow: readonly string[];
  readonly egressPort: readonly number[];
  readonly awsRole?: string;
}

/** Room for two sources that are rendered with all that they may take. */
const MEMORY_LIMIT = '1Gi';

const HELP = `
Prints manifests for \`kubectl apply -f -\` and asks no cluster. Secrets are named
here and made by you, for --git-token-secret git by
  kubectl create secret generic git -n sluice --from-literal token=…

By default it may apply the usual kinds of a repository, those of the whole
cluster among them, but no roles of the whole cluster and no webhooks.
--target-namespace bounds it to namespaces; --as lets it apply as a service
account of yours, and nothing as itself. A file says the account of each source:
the agent may be each of them, and apply as itself only where a source has none.
Whatever else is to be applied is told by --allow, such as the kinds of your
operators.`;

/** `sluice install`: the agent's manifests. */
export function addInstall(program: Command, terminal: Terminal): void {
  program
    .command('install')
    .description('print the manifests that install the agent in a cluster')
    .option('--git-url <url>', 'the repository to follow')
    .option('--git-branch <name>', 'its branch', 'main')
    .option('--git-path <path>', 'folder or file with manifests; may be repeated', collect, [])
    .option('--git-token-secret <name>', 'Secret with the file "token", for HTTPS', toName)
    .option('--known-hosts <file>', 'known_hosts, for SSH')
    .option('--verify <mode>', 'which commits have to be signed: none, head or all')
    .option('--verify-secret <name>', 'Secret with the keys that they have to be signed by', toName)
    .option('--variables-from <object>', 'configmap/NAME or secret/NAME in --namespace; may be repeated', collect, [])
    .option('--no-marker', 'move no tag: the key may only read')
    .option('--config <file>', 'agent.yml, in the place of these')
    .option('--namespace <name>', 'where the agent lives; another than this is there already', toNamespace, NAMESPACE)
    .option('--name <name>', 'of this agent, one for each of a cluster', 'default')
    .option('--image <image>', "the agent's image", toImage, `sluice-agent:${packageJson.version}`)
    .option('--image-pull-secret <name>', 'Secret that it is pulled with, where nodes cannot', toName)
    .option('--replicas <count>', 'one applies, the others stand by', toCount, 2)
    .option('--memory-limit <size>', 'what a pod may take: more where the file raises limits', toMemory, MEMORY_LIMIT)
    .option('--target-namespace <name>', 'may apply there only; may be repeated', toNamespaces, [])
    .option('--as <namespace/name>', 'apply as this service account', toAccounts, [])
    .option('--allow <group/resource>', 'may apply this too: example.com/widgets; may be repeated', toAllowed, [])
    .option('--egress-port <port>', 'may reach this port too; may be repeated', toPorts, [])
    .option('--report-function <arn>', 'Lambda function that takes reports')
    .option('--report-region <region>', 'its region')
    .option('--report-endpoint <url>', 'where it is other than at AWS: a runtime of yours')
    .option('--report-secret <name>', 'Secret with the file "secret", which proves reports', toName)
    .option('--report-token-secret <name>', 'Secret with the file "token", which opens that runtime', toName)
    .option('--aws-role <arn>', 'role of the pods on EKS, which may invoke it', toRole)
    .option('--nudge-secret <name>', 'Secret with the file "secret", for nudges by HTTP', toName)
    .option('--age-secret <name>', 'Secret with the file "age.agekey", for SOPS', toName)
    .addHelpText('after', HELP)
    .exitOverride(endWrongUseWith2)
    .action((flags: Flags, command: Command) => {
      terminal.print(printManifests(installManifests(optionsOf(flags, givenOf(command)))));
    });
}

/** The long names of the flags that the command line has. */
function givenOf(command: Command): readonly string[] {
  return command.options.flatMap((option) =>
    command.getOptionValueSource(option.attributeName()) === 'cli' && option.long ? [option.long] : [],
  );
}

function optionsOf(flags: Flags, given: readonly string[]): InstallOptions {
  const { namespace, name, image, imagePullSecret, replicas, memoryLimit, awsRole } = flags;
  const { config: file } = flags;
  const config = file === undefined ? agentConfig(flags) : read(file);
  const needs = needsOf(config, file ?? 'sluice install', name, file === undefined ? faultOfFlag : undefined);
  const knownHosts = flags.knownHosts === undefined ? undefined : read(flags.knownHosts);
  refuseContradictions({ flags: given, file, knownHosts }, needs);
  return {
    namespace,
    name,
    image,
    imagePullSecret,
    replicas,
    memoryLimit,
    config,
    targetNamespaces: flags.targetNamespace,
    tenants: needs.tenants,
    appliesAsItself: needs.appliesAsItself,
    allowed: flags.allow,
    tokenSecret: flags.gitTokenSecret,
    knownHosts,
    verifySecret: flags.verifySecret,
    nudgeSecret: flags.nudgeSecret,
    reportSecret: flags.reportSecret,
    reportTokenSecret: flags.reportTokenSecret,
    ageSecret: flags.ageSecret,
    awsRole,
    secrets: needs.secrets,
    egressPorts: [...needs.ports, ...flags.egressPort],
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: file,
      expected: 'a file',
      found: messageOf(cause),
      cause,
    });
  }
}
