import { resolve } from 'node:path';
import { Command } from 'commander';
import { SluiceError } from '../../../shared/errors.ts';
import type * as z from '../../../shared/schema.ts';
import { type AgentSettings, agentSchema } from './agent-settings.ts';
import { faultInFile, nameFaults } from './config-faults.ts';
import { readConfigFile } from './config-file.ts';
import { sourceSchema } from './source-settings.ts';

/** What the command line says, and the file that it names. */
export interface Settings extends AgentSettings {
  /** Apply one revision of each source and end. */
  readonly once: boolean;
  /** With it: show what would change, and change nothing. */
  readonly dryRun: boolean;
  /** With it: the directory that is applied in the place of a repository. */
  readonly dir: string | undefined;
  readonly json: boolean;
}

type Flags = Readonly<Record<string, unknown>>;

interface GivenFlags extends Flags {
  readonly config?: string;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly dir?: string;
  readonly json?: boolean;
}

/** The flags that another field of a source goes by; those of the same name need no line here. */
const SOURCE_FLAGS: Readonly<Record<string, readonly string[]>> = {
  gitUrl: ['url'],
  gitBranch: ['branch'],
  gitPath: ['paths'],
  gitPollInterval: ['pollInterval'],
  gitTokenFile: ['credentials', 'tokenFile'],
  sshKey: ['credentials', 'sshKeyFile'],
};

/** The flags that say how a repository is read; a directory has no commits, whose signatures could be looked at. */
const OF_REPOSITORIES: ReadonlySet<string> = new Set([
  ...Object.keys(SOURCE_FLAGS).filter((flag) => !['gitUrl', 'gitPath'].includes(flag)),
  ...['gitTimeout', 'gitMaxSize', 'gitMaxFiles', 'gitMemory', 'knownHosts', 'verify', 'verifyKeys'],
]);

/**
 * Reads the command line of `sluice-agent`; prints help or an unknown flag, and ends the process, where it has to.
 *
 * @throws SluiceError `config-invalid` with every fault at once, each with its flag or path and what was expected
 */
export function readAgentSettings(argv: readonly string[]): Settings {
  const {
    config,
    once = false,
    dryRun = false,
    dir,
    json = false,
    ...flags
  } = commandLine().parse(argv).opts<GivenFlags>();
  const names = Object.keys(flags);
  const ofSource = Object.fromEntries(names.flatMap((flag) => (fieldOf(flag) ? [[flag, flags[flag]]] : [])));
  const ofAgent = Object.fromEntries(names.flatMap((flag) => (fieldOf(flag) ? [] : [[flag, flags[flag]]])));
  const inFile = config === undefined ? undefined : readConfigFile(config);
  const source = { ...(dir === undefined ? {} : { url: dir }), ...sourceOf(ofSource) };
  const given = { sources: [source], ...inFile, ...ofAgent };
  const parsed = agentSchema.safeParse(given);
  const faults = [
    ...beside(inFile, Object.keys(ofSource)),
    ...(parsed.error?.issues ?? []).map((issue) => faultOf(issue, ofAgent, inFile)),
    ...nameFaults(given),
    ...(dryRun && !once ? ['--dry-run: expected --once with it'] : []),
    ...(json && !once ? ['--json: expected --once with it'] : []),
    ...(dir === undefined ? [] : directoryFaults(once, config !== undefined || 'gitUrl' in flags, names)),
  ];
  if (!parsed.success || faults.length > 0) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: config ?? 'command line',
      found: faults.length === 1 ? `${faults[0]}` : `${faults.length} faults\n  ${faults.join('\n  ')}\n`,
    });
  }
  return { ...parsed.data, once, dryRun, dir: dir === undefined ? undefined : resolve(dir), json };
}

function commandLine(): Command {
  const command = new Command('sluice-agent');
  command.description('Applies what Git repositories say to the cluster that this runs in.');
  addSourceOptions(command);
  addRenderOptions(command);
  addAgentOptions(command);
  return command;
}

/** What is followed, and as whom. */
function addSourceOptions(command: Command): void {
  command
    .option('--config <file>', 'YAML with these settings, and with any number of sources')
    .option('--git-url <url>', 'repository: https://…, ssh://…, git@host:path or a path')
    .option('--dir <dir>', 'with --once: a directory to apply, without Git')
    .option('--git-branch <name>', 'branch to follow (default: main)')
    .option('--git-path <path>', 'folder or file with manifests; may be repeated', collect)
    .option('--git-poll-interval <duration>', 'how often the branch is looked at (default: 15s)')
    .option('--git-timeout <duration>', 'for one call of git (default: 20s)')
    .option('--git-max-size <size>', 'what a fetch may bring (default: 100MiB)')
    .option('--git-max-files <number>', 'how many files a commit may have (default: 50000)')
    .option('--git-memory <size>', 'what one process of git may take (default: 256MiB)')
    .option('--git-token-file <file>', 'holds a token or user:password for HTTPS')
    .option('--ssh-key <file>', "private key; the agent's own where it is left out")
    .option('--known-hosts <file>', 'known_hosts, for SSH; that of --state-dir where it is left out')
    .option('--verify <mode>', 'signatures of commits: none, head or all (default: none)')
    .option('--verify-keys <dir>', 'holds *.asc, *.gpg and allowed_signers')
    .option('--as <namespace/name>', 'service account to apply as')
    .option('--default-namespace <name>', "of objects that do not say (default: the kubeconfig's)")
    .option('--prune-limit <share>', 'how much one revision may delete: a share, or a number (default: 50%)')
    .option(
      '--prune-allow <kind>',
      'namespaces, crds (with what others have in them) or claims (with their data, when made anew); may be repeated',
      collect,
    );
}

function addRenderOptions(command: Command): void {
  command
    .option('--kustomize <command>', 'builds kustomizations; kubectl will do (default: kustomize)')
    .option('--helm <command>', 'renders charts (default: helm)')
    .option('--sops <command>', 'decrypts what SOPS encrypted (default: sops)')
    .option('--sops-age-key-file <file>', 'holds the age keys to decrypt with')
    .option('--render-timeout <duration>', 'for one call of these commands (default: 1m)')
    .option('--render-memory <size>', 'for one call of these commands (default: 256MiB)')
    .option('--render-deadline <duration>', 'for all of a source (default: 5m)')
    .option('--render-max-size <size>', 'what the manifests of a source may come to (default: 64MiB)')
    .option('--render-max-objects <number>', 'how many objects a source may have (default: 20000)')
    .option('--render-max-keys <number>', 'how many keys and values they may have (default: 1000000)')
    .option('--render-max-depth <number>', 'how many lists and maps may be within one another (default: 100)')
    .option('--render-max-secrets <size>', 'what of them may be secret, 400 bytes and more a value (default: 8MiB)')
    .option('--render-sandbox <mode>', 'required, or best-effort: run them with a network too (default: required)')
    .option('--variables-from <object>', 'configmap/NAME or secret/NAME with variables; may be repeated', collect);
}

function addAgentOptions(command: Command): void {
  command
    .option('--sync-interval <duration>', 'how often a revision that stands is applied again (default: 5m)')
    .option('--timeout <duration>', 'how long a revision may take to become healthy (default: 5m)')
    .option('--marker <tag>', 'tag that is moved to what was applied (default: sluice-sync)')
    .option('--no-marker', 'move no tag: the key may only read')
    .option('--nudge-secret-file <file>', 'holds the secret of POST /nudge, which makes the agent look at once')
    .option('--nudge-queue <url>', 'queue of SQS, any message of which does the same')
    .option('--http-port <port>', 'where the agent listens, 0 for nowhere (default: 8080 with a secret for nudges)')
    .option('--kubeconfig <file>', "kubeconfig; else the usual places, or the pod's account")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', 'where the agent keeps its inventory and its key (default: default)')
    .option('--name <name>', 'of this agent, one for each cluster (default: default)')
    .option('--report-function <name>', 'Lambda function that takes reports')
    .option('--report-secret-file <file>', "holds the secret that proves this agent's reports")
    .option('--report-endpoint <url>', 'another place than AWS for it')
    .option('--report-token-file <file>', 'where that is the local runtime: invoke-token of its state directory')
    .option('--report-region <region>', "region of the function (default: its ARN's, or eu-central-1)")
    .option('--state-dir <dir>', 'keeps clones (default: /var/lib/sluice-agent)')
    .option('--leader-election', 'apply only as the one leader of several replicas')
    .option('--once', 'apply one revision, wait until it is healthy, and end')
    .option('--dry-run', 'with --once: show what would change, and change nothing')
    .option('--json', 'with --once: print the result as JSON')
    .option('--log-level <level>', 'debug, info, warn or error (default: info)');
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A directory is not followed, and is no repository's. */
function directoryFaults(once: boolean, hasRepository: boolean, flags: readonly string[]): readonly string[] {
  return [
    ...(once ? [] : ['--dir: expected --once with it']),
    ...(hasRepository ? ['--dir: expected no repository beside it'] : []),
    ...flags.filter((flag) => OF_REPOSITORIES.has(flag)).map((flag) => `${spelled(flag)}: expected no --dir beside it`),
  ];
}

/** Where in a source a flag belongs; undefined for one of the agent's own. */
function fieldOf(flag: string): readonly string[] | undefined {
  return SOURCE_FLAGS[flag] ?? (flag in sourceSchema.shape && !(flag in agentSchema.shape) ? [flag] : undefined);
}

function sourceOf(flags: Flags): object {
  const source: Record<string, unknown> = {};
  for (const [flag, value] of Object.entries(flags)) {
    const [field = '', part] = fieldOf(flag) ?? [];
    source[field] = part === undefined ? value : Object.assign({}, source[field], { [part]: value });
  }
  return source;
}

/** What a file says of sources, flags do not say again. */
function beside(inFile: object | undefined, flags: readonly string[]): readonly string[] {
  return inFile === undefined ? [] : flags.map((flag) => `${spelled(flag)}: expected it in sources of the file`);
}

function faultOf(issue: z.core.$ZodIssue, ofAgent: Flags, inFile: object | undefined): string {
  const { path, message } = issue;
  const [first, , ...field] = path.map(String);
  if (first !== undefined && first in ofAgent) {
    return `${spelled(first)}: ${message}`;
  }
  if (first === 'sources' && inFile === undefined) {
    const flag = Object.keys(SOURCE_FLAGS).find((one) => fieldOf(one)?.join('.') === field.join('.'));
    return `${spelled(flag ?? field[0] ?? '')}: ${message}`;
  }
  return faultInFile(issue);
}

/** `gitUrl` is `--git-url`. */
function spelled(flag: string): string {
  return `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
