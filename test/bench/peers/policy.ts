import { spawn } from 'node:child_process';
import { json } from 'node:stream/consumers';
import { buildPeer } from './build-peer.ts';

/** What the Go program of `policy/` is asked; what is left out is not done. */
export interface PolicyRequest {
  readonly constraints?: readonly string[];
  readonly versions?: readonly string[];
  readonly numbers?: readonly string[];
  readonly filters?: readonly {
    readonly pattern: string;
    readonly template: string;
    readonly texts: readonly string[];
  }[];
  readonly globs?: readonly { readonly pattern: string; readonly texts: readonly string[] }[];
  readonly tags?: readonly { readonly tag: string; readonly created: string }[];
  readonly runs?: number;
}

/** In the order of what was asked; null for what is not valid. */
export interface PolicyAnswer {
  /** A `1` for each version that satisfies it, a `0` for others. */
  readonly constraints: readonly (string | null)[];
  readonly ranks: readonly (number | null)[];
  readonly strict: readonly boolean[];
  readonly numbers: readonly (number | null)[];
  readonly filters: readonly (readonly (string | null)[] | null)[];
  readonly globs: readonly (readonly boolean[] | null)[];
  readonly bench: Readonly<Record<string, { readonly millis: number; readonly chosen: string }>>;
}

/** Asks Masterminds/semver and Go's own libraries, as Flux v2 uses them. */
export async function askPolicyPeer(request: PolicyRequest): Promise<PolicyAnswer> {
  const child = spawn(await buildPeer('policy'), { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(request));
  return (await json(child.stdout)) as PolicyAnswer;
}
