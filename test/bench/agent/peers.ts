import { layerBinary } from '../../cluster/installed-parts.ts';
import { buildPeer } from '../peers/build-peer.ts';
import { type Cost, runMeasured } from './cost.ts';

/** Applies the manifests of a directory, or of one file that has them all. */
export interface Peer {
  readonly name: string;
  readonly apply: (from: { readonly directory: string; readonly file: string }) => Promise<Cost>;
}

/** Those that we are held against, as processes of their own. */
export async function openPeers(kubeconfig: string) {
  const [kubectl, flux] = [layerBinary('kubectl'), await buildPeer('flux-ssa')];
  const fluxWith = (name: string, ...limits: readonly string[]): Peer => ({
    name,
    async apply({ file }) {
      const ran = await runMeasured(flux, ['--kubeconfig', kubeconfig, '--file', file, ...limits]);
      return { ...ran, ...(JSON.parse(ran.stdout) as { readonly requests: number; readonly cpuMillis: number }) };
    },
  });
  return {
    kubectl: {
      name: 'kubectl apply --server-side',
      async apply({ directory }) {
        // At this verbosity it writes a line for each request.
        const ran = await runMeasured(kubectl, [
          ...['--kubeconfig', kubeconfig, '-v=6', 'apply', '--server-side', '--force-conflicts', '-f', directory],
        ]);
        return { ...ran, requests: ran.stderr.split('\n').filter((line) => line.includes('"Response" verb=')).length };
      },
    } satisfies Peer,
    /** 50 requests a second, as Flux's controllers come. */
    limited: fluxWith("Flux's library with its limits"),
    unlimited: fluxWith("Flux's library without limits", '--qps=-1'),
    parallel: fluxWith("Flux's library without limits, four workers", '--qps=-1', '--workers=4'),
  };
}
