import { Command, InvalidArgumentError, Option } from 'commander';

/** What the command line says. Durations are in milliseconds. */
export interface Settings {
  readonly gitUrl: string;
  readonly gitBranch: string;
  readonly gitPath: readonly string[];
  readonly gitPollInterval: number;
  readonly gitTimeout: number;
  readonly gitTokenFile?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
  readonly syncInterval: number;
  readonly timeout: number;
  /** `false` for none. */
  readonly marker: string | false;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly name: string;
  readonly reportFunction?: string;
  readonly reportEndpoint?: string;
  readonly reportRegion: string;
  readonly stateDir: string;
  readonly once: boolean;
  readonly json: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Reads the command line of `sluice-agent`; prints help or a fault, and ends the process, where it cannot. */
export function readSettings(argv: readonly string[]): Settings {
  const command = new Command('sluice-agent')
    .description('Applies what a Git repository says to the cluster that this runs in.')
    .requiredOption('--git-url <url>', 'repository: https://…, ssh://…, git@host:path or a path')
    .option('--git-branch <name>', 'branch to follow', 'main')
    .option('--git-path <path>', 'folder or file with manifests; may be repeated', collect, [])
    .option('--git-poll-interval <duration>', 'how often the branch is looked at', toMillis, 15_000)
    .option('--git-timeout <duration>', 'for one call of git', toMillis, 20_000)
    .option('--git-token-file <file>', 'holds a token or user:password for HTTPS')
    .option('--ssh-key <file>', 'private key; the one of --state-dir where it is left out')
    .option('--known-hosts <file>', 'known_hosts, for SSH')
    .option('--sync-interval <duration>', 'how often a revision that stands is applied again', toMillis, 300_000)
    .option('--timeout <duration>', 'how long a revision may take to become healthy', toMillis, 300_000)
    .option('--marker <tag>', 'tag that is moved to what was applied', 'sluice-sync')
    .option('--no-marker', 'move no tag: the key may only read')
    .option('--kubeconfig <file>', "kubeconfig; else the usual places, or the pod's account")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--namespace <name>', 'where the agent keeps its inventory', 'default')
    .option('--name <name>', 'of this agent, one for each cluster', toName, 'default')
    .option('--report-function <name>', 'Lambda function that takes reports')
    .option('--report-endpoint <url>', 'another place than AWS for it')
    .option('--report-region <region>', 'region of the function', 'eu-central-1')
    .option('--state-dir <dir>', 'keeps the clone and the deploy key', '/var/lib/sluice-agent')
    .option('--once', 'apply one revision, wait until it is healthy, and end', false)
    .option('--json', 'with --once: print the result as JSON', false)
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'));
  const settings = command.parse(argv).opts<Settings>();
  return { ...settings, gitPath: settings.gitPath.length === 0 ? [''] : settings.gitPath };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function toMillis(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const millis = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (!(millis > 0)) {
    throw new InvalidArgumentError('Expected a duration like 500ms, 15s, 5m or 1h.');
  }
  return millis;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function toName(text: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError('Expected lower-case letters, digits and dashes, 42 at most.');
  }
  return text;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
