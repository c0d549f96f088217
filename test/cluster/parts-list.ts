import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** One command that is built from a Go module of `test/cluster/parts`. */
export interface GoPart {
  /** Folder under `parts/`, and the first half of the cache directory's name. */
  readonly module: 'kubernetes' | 'etcd' | 'kwok' | 'kustomize' | 'age' | 'sops' | 'yaml';
  readonly binary: GoBinary;
  readonly package: string;
  /** Linker settings (`-X`) that stamp the version, given the version without its `v`. */
  readonly stamps: (version: string) => readonly string[];
}

/** Names of the binaries, as `partPath` takes them. */
export type GoBinary = ControlPlaneBinary | NodeBinary | 'kustomize' | 'age-keygen' | 'sops' | 'yaml-values';

/** Those that make a cluster. */
export type ControlPlaneBinary = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok';

/** Those of Kubernetes that a real node runs. */
export type NodeBinary = 'kubelet' | 'kube-proxy';

/** One command that comes from a Debian package; `alternatives` are where it lies when it is not on the PATH. */
export interface DebianPart {
  readonly command: string;
  readonly package: string;
  readonly alternatives?: readonly string[];
}

const kubernetesStamps = (version: string): readonly string[] => {
  const [major, minor] = version.split('.');
  const target = 'k8s.io/component-base/version';
  return [`${target}.gitVersion=v${version}`, `${target}.gitMajor=${major}`, `${target}.gitMinor=${minor}`];
};

/** The commands that are built, in this order: the quick ones first, and the API server before the two that share most of its packages. */
export const goParts: readonly GoPart[] = [
  { module: 'etcd', binary: 'etcd', package: 'go.etcd.io/etcd/server/v3', stamps: () => [] },
  {
    module: 'kwok',
    binary: 'kwok',
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    stamps: (version) => [`sigs.k8s.io/kwok/pkg/consts.Version=v${version}`],
  },
  { module: 'kustomize', binary: 'kustomize', package: 'sigs.k8s.io/kustomize/kustomize/v5', stamps: () => [] },
  { module: 'age', binary: 'age-keygen', package: 'filippo.io/age/cmd/age-keygen', stamps: () => [] },
  { module: 'yaml', binary: 'yaml-values', package: '.', stamps: () => [] },
  { module: 'sops', binary: 'sops', package: 'github.com/getsops/sops/v3/cmd/sops', stamps: () => [] },
  ...(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'] as const).map(
    (binary) => ({
      module: 'kubernetes' as const,
      binary,
      package: `k8s.io/kubernetes/cmd/${binary}`,
      stamps: kubernetesStamps,
    }),
  ),
];

/** The commands that Debian packages bring. */
export const debianParts: readonly DebianPart[] = [
  { command: 'docker-registry', package: 'docker-registry' },
  { command: 'skopeo', package: 'skopeo' },
  { command: 'umoci', package: 'umoci' },
  { command: 'git', package: 'git' },
  { command: 'git-http-backend', package: 'git', alternatives: ['/usr/lib/git-core/git-http-backend'] },
  { command: 'sshd', package: 'openssh-server', alternatives: ['/usr/sbin/sshd'] },
  { command: 'ssh', package: 'openssh-client' },
  { command: 'ssh-keygen', package: 'openssh-client' },
  { command: 'gpg', package: 'gnupg' },
  { command: 'openssl', package: 'openssl' },
  { command: 'perl', package: 'perl-base' },
  { command: 'setpriv', package: 'util-linux' },
  { command: 'flock', package: 'util-linux' },
  { command: 'unshare', package: 'util-linux' },
  { command: 'nsenter', package: 'util-linux' },
  { command: 'tini', package: 'tini' },
  { command: 'ip', package: 'iproute2', alternatives: ['/usr/sbin/ip'] },
  { command: 'iptables', package: 'iptables', alternatives: ['/usr/sbin/iptables'] },
  { command: 'containerd', package: 'containerd' },
  { command: 'ctr', package: 'containerd' },
  { command: 'runc', package: 'runc', alternatives: ['/usr/sbin/runc'] },
  { command: 'host-local', package: 'containernetworking-plugins', alternatives: ['/usr/lib/cni/host-local'] },
  { command: 'busybox', package: 'busybox-static' },
  { command: 'buildah', package: 'buildah' },
  { command: 'debootstrap', package: 'debootstrap', alternatives: ['/usr/sbin/debootstrap'] },
  { command: 'python3', package: 'python3-pip' },
  { command: 'java', package: 'default-jre-headless' },
  { command: 'mvn', package: 'maven' },
  { command: 'cmake', package: 'cmake' },
  { command: 'g++', package: 'g++' },
];

/** kwok's stage folders, relative to `kustomize/stage` of its module, that are kept as `stages/<folder with dashes>` beside the binary. */
export const kwokStageFolders = [
  'node/fast',
  'node/heartbeat-with-lease',
  'pod/fast',
  'pod/general',
  'pod/chaos',
] as const;

/** The module path whose required version names the part's cache directory. */
const versionedModules = {
  kubernetes: 'k8s.io/kubernetes',
  etcd: 'go.etcd.io/etcd/server/v3',
  kwok: 'sigs.k8s.io/kwok',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5',
  age: 'filippo.io/age',
  sops: 'github.com/getsops/sops/v3',
  yaml: 'sigs.k8s.io/yaml',
} as const;

/** Those that the agent's image carries too, by the same go.mod. */
const IN_IMAGE: ReadonlySet<GoPart['module']> = new Set(['kustomize', 'sops']);

/** Directory of a part's go.mod. */
export function moduleDirectory(module: GoPart['module']): string {
  const parts = IN_IMAGE.has(module) ? join('..', '..', 'infra', 'agent', 'tools') : 'parts';
  return join(import.meta.dirname, parts, module);
}

/** The pinned version of a part without its `v`, read from its go.mod; throws if go.mod does not require it. */
export function partVersion(module: GoPart['module']): string {
  const path = versionedModules[module];
  const words = readFileSync(join(moduleDirectory(module), 'go.mod'), 'utf8').split(/\s+/);
  const version = words.includes(path) ? words[words.indexOf(path) + 1] : undefined;
  if (!version?.startsWith('v'))
    throw new Error(`${moduleDirectory(module)}/go.mod: expected a requirement of ${path}, found none`);
  return version.slice(1);
}

/** `<cache>/<module>-<version>`, where a part's binaries are kept. */
export function partDirectory(module: GoPart['module']): string {
  return join(cacheDirectory(), `${module}-${partVersion(module)}`);
}

/** SLUICE_PARTS, else `sluice/parts` under XDG_CACHE_HOME or ~/.cache: outside the tree, kept between runs. */
export function cacheDirectory(): string {
  return (
    process.env['SLUICE_PARTS'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sluice', 'parts')
  );
}
