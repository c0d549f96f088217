import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, SluiceError } from '../../shared/errors.ts';
import { agentConfig, type ConfigFlags } from '../agent/install/config.ts';
import { refuseContradictions } from '../agent/install/contradictions.ts';
import { installManifests, printManifests } from '../agent/install/manifests.ts';
import { needsOf } from '../agent/install/needs.ts';
import type { InstallOptions } from '../agent/install/options.ts';

/** The flags of `sluice install`, those of agent.yml among them. */
interface Flags extends ConfigFlags {
  readonly config?: string;
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  readonly memoryLimit: string;
  readonly allow: readonly string[];
  readonly egressPort: readonly number[];
  readonly awsRole?: string;
}

/** Room for two sources that are rendered with all that they may take. */
const MEMORY_LIMIT = '1Gi';

const HELP = `
Prints manifests for \`kubectl apply -f -\` and asks no cluster. Secrets are named here and made by you:
  kubectl create secret generic git -n sluice --from-literal token=…       for --git-token-secret git

By default it may apply the usual kinds of a repository, those of the whole cluster among them, but no roles of the
whole cluster and no webhooks. --target-namespace bounds it to namespaces; --as lets it apply as a service account of
yours, and nothing as itself. A file says the account of each source: the agent may be each of them, and apply as
itself only where a source has none. Whatever else is to be applied is told by --allow, such as the kinds of your
operators.`;

/** `sluice install`: the agent's manifests. */
export function installCommand(version: string): Command {
  return new Command('install')
    .description('print the manifests that install the agent in a cluster')
    .option('--git-url <url>', 'the repository to follow')
    .option('--git-branch <name>', 'its branch', 'main')
    .option('--git-path <path>', 'folder or file with manifests; may be repeated', collect, [])
    .option('--git-token-secret <name>', 'Secret with the file "token", for HTTPS')
    .option('--known-hosts <file>', 'known_hosts, for SSH')
    .option('--verify <mode>', 'which commits have to be signed: none, head or all')
    .option('--verify-secret <name>', 'Secret with the keys that they have to be signed by')
    .option('--variables-from <object>', 'configmap/NAME or secret/NAME in --namespace; may be repeated', collect, [])
    .option('--no-marker', 'move no tag: the key may only read')
    .option('--config <file>', 'agent.yml, in the place of these')
    .option('--namespace <name>', 'where the agent lives', 'sluice')
    .option('--name <name>', 'of this agent, one for each of a cluster', 'default')
    .option('--image <image>', "the agent's image", `sluice-agent:${version}`)
    .option('--replicas <count>', 'one applies, the others stand by', toCount, 2)
    .option('--memory-limit <size>', 'what a pod may take: more where the file raises limits', toMemory, MEMORY_LIMIT)
    .option('--target-namespace <name>', 'may apply there only; may be repeated', collect, [])
    .option('--as <namespace/name>', 'apply as this service account', toAccounts, [])
    .option('--allow <group/resource>', 'may apply this too: example.com/widgets; may be repeated', toAllowed, [])
    .option('--egress-port <port>', 'may reach this port too; may be repeated', toPorts, [])
    .option('--report-function <arn>', 'Lambda function that takes reports')
    .option('--report-region <region>', 'its region')
    .option('--report-endpoint <url>', 'where it is other than at AWS: a runtime of yours')
    .option('--report-secret <name>', 'Secret with the file "secret", which proves reports')
    .option('--report-token-secret <name>', 'Secret with the file "token", which opens that runtime')
    .option('--aws-role <arn>', 'role of the pods on EKS, which may invoke it')
    .option('--nudge-secret <name>', 'Secret with the file "secret", for nudges by HTTP')
    .option('--age-secret <name>', 'Secret with the file "age.agekey", for SOPS')
    .addHelpText('after', HELP)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action((flags: Flags, command: Command) => {
      process.stdout.write(printManifests(installManifests(optionsOf(flags, givenOf(command)))));
    });
}

/** The long names of the flags that the command line has. */
function givenOf(command: Command): readonly string[] {
  return command.options.flatMap((option) =>
    command.getOptionValueSource(option.attributeName()) === 'cli' && option.long ? [option.long] : [],
  );
}

function optionsOf(flags: Flags, given: readonly string[]): InstallOptions {
  const { namespace, name, image, replicas, memoryLimit, awsRole } = flags;
  const config = flags.config === undefined ? agentConfig(flags) : read(flags.config);
  const needs = needsOf(config, flags.config ?? 'sluice install', name);
  refuseContradictions(given, flags.config, needs);
  return {
    namespace,
    name,
    image,
    replicas,
    memoryLimit,
    config,
    targetNamespaces: flags.targetNamespace,
    tenants: needs.tenants,
    appliesAsItself: needs.appliesAsItself,
    allowed: flags.allow,
    tokenSecret: flags.gitTokenSecret,
    knownHosts: flags.knownHosts === undefined ? undefined : read(flags.knownHosts),
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

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

const NAME = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?';

const toAccounts = collecting(new RegExp(`^${NAME}/${NAME}$`), 'Expected a service account as namespace/name.');
const toAllowed = collecting(/^[a-z0-9.-]*\/[a-z0-9*]+$/, 'Expected group/resource: example.com/widgets, /nodes.');

/** Takes a repeatable value that has a form. */
function collecting(form: RegExp, expected: string) {
  return (value: string, before: readonly string[]): readonly string[] => {
    if (!form.test(value)) {
      throw new InvalidArgumentError(expected);
    }
    return [...before, value];
  };
}

function toPorts(value: string, before: readonly number[]): readonly number[] {
  return [...before, toNumber(value, 65_535, 'Expected a port.')];
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
function toMemory(value: string): string {
  if (!/^[1-9]\d*[MG]i?$/.test(value)) {
    throw new InvalidArgumentError('Expected a size like 512Mi or 2Gi.');
  }
  return value;
}

function toCount(value: string): number {
  return toNumber(value, 100, 'Expected a number from 1 to 100.');
}

function toNumber(value: string, most: number, expected: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > most) {
    throw new InvalidArgumentError(expected);
  }
  return number;
}
