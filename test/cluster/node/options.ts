import type { ControlPlane } from '../control-plane.ts';
import type { NodeAddresses } from './addresses.ts';
import type { Machine } from './machine.ts';

/** What one node is made from. */
export interface NodeOptions {
  readonly name: string;
  readonly index: number;
  /** Existing directory for everything that the node writes. */
  readonly directory: string;
  readonly network: Machine;
  readonly addresses: NodeAddresses;
  readonly cgroup: string;
  readonly cluster: Pick<ControlPlane, 'api' | 'token' | 'certificateAuthority'>;
  /** The API server, as seen from the node. */
  readonly server: string;
  /** `127.0.0.1:PORT` of each registry that is pulled from, over plain HTTP. */
  readonly registries: readonly string[];
}
