/** Highest number of nodes that one block of addresses has room for. */
export const MAX_NODES = 3;

/** Number of blocks of 1,024 addresses in 198.18.0.0/15. */
export const BLOCKS = 128;

/** The IPv4 addresses of one network of nodes. */
export interface NodeAddresses {
  /** The whole block, a /22. */
  readonly block: string;
  /** Where the test's side is reached from nodes and pods. */
  readonly host: string;
  /** The link between the two sides, a /24. */
  readonly linkPrefixLength: 24;
  /** One for each node, on the link. */
  readonly nodes: readonly string[];
  /** One /24 for the pods of each node. */
  readonly pods: readonly string[];
}

/**
 * The addresses of block `index` (0 to 127). 198.18.0.0/15 is set aside for benchmarks of network devices and routed nowhere
 * (https://www.rfc-editor.org/rfc/rfc2544 appendix C.2.2), so it meets no address that the machine itself reaches.
 */
export function nodeAddresses(index: number): NodeAddresses {
  const second = 18 + Math.floor(index / 64);
  const third = (index % 64) * 4;
  const each = Array.from({ length: MAX_NODES }, (_, node) => node);
  return {
    block: `198.${second}.${third}.0/22`,
    host: `198.${second}.${third}.1`,
    linkPrefixLength: 24,
    nodes: each.map((node) => `198.${second}.${third}.${node + 2}`),
    pods: each.map((node) => `198.${second}.${third + 1 + node}.0/24`),
  };
}
