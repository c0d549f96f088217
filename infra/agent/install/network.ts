import type { Manifest } from '../manifest.ts';
import { HTTP_PORT, type InstallOptions, nameOf, selectorOf } from './options.ts';

/** HTTPS and the API server's own port, and SSH. */
const EGRESS_PORTS = [443, 6443, 22];
const DNS_PORT = 53;

/** What reaches the agent and what it reaches: metrics and nudges in; DNS, Git, the API server and AWS out. */
export function network(options: InstallOptions): readonly Manifest[] {
  const metadata = { name: nameOf(options), namespace: options.namespace };
  const selector = selectorOf(options);
  const out = [...new Set([...EGRESS_PORTS, ...options.egressPorts])];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector, ports: [{ name: 'http', port: HTTP_PORT, targetPort: 'http' }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ ports: [tcp(HTTP_PORT)] }],
        egress: [{ ports: [{ protocol: 'UDP', port: DNS_PORT }, tcp(DNS_PORT), ...out.map(tcp)] }],
      },
    },
  ];
}

function tcp(port: number) {
  return { protocol: 'TCP', port };
}
