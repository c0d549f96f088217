import type { NodeAddresses } from './addresses.ts';

/** Who a kubeconfig's bearer acts as, and how the API server is reached. */
export interface Identity {
  /** `https://HOST:PORT`, as seen from where the kubeconfig is used. */
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** The administrator's token, which may act as anybody. */
  readonly token: string;
  readonly user: string;
  readonly groups: readonly string[];
}

/** What one node's configuration depends on. */
export interface NodeLayout {
  readonly name: string;
  /** Position in the network, from 0. */
  readonly index: number;
  readonly addresses: NodeAddresses;
  /** Parent of all cgroups of the node's pods, as a path from the root of the cgroups' trees without its first slash. */
  readonly cgroup: string;
  /** Directory with one directory for each registry, as containerd's `config_path` wants it. */
  readonly registries: string;
  /** Directory with the one CNI configuration. */
  readonly cni: string;
  readonly sandboxImage: string;
}

/** A kubeconfig (JSON is YAML) that acts as `user`; the certificate is checked for 127.0.0.1, the address that it was made for. */
export function impersonatingKubeconfig({ server, certificateAuthority, token, user, groups }: Identity): string {
  const data = Buffer.from(certificateAuthority).toString('base64');
  const cluster = { server, 'certificate-authority-data': data, 'tls-server-name': '127.0.0.1' };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: user, user: { token, as: user, 'as-groups': groups } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}

/** KubeletConfiguration (https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/). */
export function kubeletConfiguration({ index, addresses, cgroup }: NodeLayout): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.nodes[index],
    healthzPort: 0,
    readOnlyPort: 0,
    // Only this machine and the pods reach it.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // How full this machine's disk is says nothing about a test.
    evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    // There is no DNS: what pods ask is refused at once, and never reaches this machine's own servers.
    clusterDNS: [addresses.host],
    clusterDomain: 'cluster.local',
    resolvConf: '',
    serializeImagePulls: false,
  });
}

/** containerd 1.6's config.toml, version 2. */
export function containerdConfiguration({ registries, cni, sandboxImage }: NodeLayout): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  sandbox_image = "${sandboxImage}"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${cni}"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "${registries}"
`;
}

/** A hosts.toml that has a registry pulled from over plain HTTP at an address that the node reaches. */
export function registryHosts(url: string): string {
  // containerd 1.6 refuses a file without a host, though `server` would do.
  return `server = "${url}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;
}

/** CNI: a bridge for the node's pods, which are reached from outside by their own addresses. */
export function cniConfiguration({ index, addresses }: NodeLayout): string {
  const ipam = { type: 'host-local', ranges: [[{ subnet: addresses.pods[index] }]], routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: `pods${index}`, isGateway: true, hairpinMode: true, ipam };
  return JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [bridge] });
}

/** KubeProxyConfiguration, in iptables mode; limits of conntrack are the whole machine's and stay as they are. */
export function kubeProxyConfiguration(kubeconfig: string, { nodes, block }: NodeAddresses): string {
  return JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    clusterCIDR: block,
    bindAddress: nodes[0],
    healthzBindAddress: '',
    metricsBindAddress: '127.0.0.1:10249',
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '100ms' },
  });
}
