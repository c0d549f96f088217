/** What the manifests of an installation are made from. */
export interface InstallOptions {
  /** Where the agent itself lives. */
  readonly namespace: string;
  /** Of this agent: several of one cluster have names of their own. */
  readonly name: string;
  readonly image: string;
  /** Secret that the image is pulled with; the node's own credentials where it is left out. */
  readonly imagePullSecret?: string | undefined;
  readonly replicas: number;
  /** What a pod may take of memory, as Kubernetes writes it: `1Gi`. */
  readonly memoryLimit: string;
  /** The text of agent.yml: what it follows and how; undefined where somebody else makes the ConfigMap. */
  readonly config: string | undefined;
  /** The namespaces that it may apply to as itself; none: the whole cluster. */
  readonly targetNamespaces: readonly string[];
  /** Service accounts that it applies as, `namespace/name`. */
  readonly tenants: readonly string[];
  /** Whether it applies anything as itself; else it has no rights to. */
  readonly appliesAsItself: boolean;
  /** Kinds beyond the usual ones: `example.com/widgets`, `/nodes` for the core group. */
  readonly allowed: readonly string[];
  /** Secrets of its own namespace that it reads for variables. */
  readonly secrets: readonly string[];
  /** Secret with the file `token`, for HTTPS. */
  readonly tokenSecret?: string | undefined;
  /** Lines of known_hosts, for SSH. */
  readonly knownHosts?: string | undefined;
  /** Secret with the keys that commits have to be signed by. */
  readonly verifySecret?: string | undefined;
  /** Secret with the file `secret`, for nudges. */
  readonly nudgeSecret?: string | undefined;
  /** Secret with the file `secret`, which proves reports. */
  readonly reportSecret?: string | undefined;
  /** Secret with the file `token`, which opens the local runtime to reports. */
  readonly reportTokenSecret?: string | undefined;
  /** Secret with age keys, for SOPS. */
  readonly ageSecret?: string | undefined;
  /** ARN of the role that the pods have on AWS, to report. */
  readonly awsRole?: string | undefined;
  /** Ports that it may reach, those of its configuration among them, beside those of DNS, HTTPS, SSH and the API server. */
  readonly egressPorts: readonly number[];
}

/** Where the files that Secrets and ConfigMaps hold are in the pod. */
export const MOUNTS = {
  config: '/etc/sluice-agent/config',
  token: '/etc/sluice-agent/git',
  verify: '/etc/sluice-agent/verify',
  nudge: '/etc/sluice-agent/nudge',
  report: '/etc/sluice-agent/report',
  reportToken: '/etc/sluice-agent/report-token',
  age: '/etc/sluice-agent/age',
  state: '/var/lib/sluice-agent',
  temporary: '/tmp',
} as const;

export const TOKEN_FILE = `${MOUNTS.token}/token`;
export const KNOWN_HOSTS_FILE = `${MOUNTS.config}/known_hosts`;
export const NUDGE_SECRET_FILE = `${MOUNTS.nudge}/secret`;
export const REPORT_SECRET_FILE = `${MOUNTS.report}/secret`;
export const REPORT_TOKEN_FILE = `${MOUNTS.reportToken}/token`;
export const AGE_KEY_FILE = `${MOUNTS.age}/age.agekey`;

export const HTTP_PORT = 8080;

/** The namespace that is the agent's own, where no other is named. */
export const NAMESPACE = 'sluice';

/** What all objects of an agent are called: `sluice-agent`, or with its name behind it. */
export function nameOf({ name }: Pick<InstallOptions, 'name'>): string {
  return name === 'default' ? 'sluice-agent' : `sluice-agent-${name}`;
}

/** The labels that its pods are chosen by; they never change. */
export function selectorOf({ name }: Pick<InstallOptions, 'name'>): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': 'sluice-agent', 'app.kubernetes.io/instance': name };
}
