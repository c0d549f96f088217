import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../cluster/daemon.ts';
import { manifestsOf } from './manifests.ts';
import type { Peer } from './peers.ts';
import { type BenchStage, createNamespace, drift, expectRestored, type Measured } from './stage.ts';

const PATIENCE_MILLIS = 120_000;

/** Lets a peer apply so many objects to a namespace of its own, again, and once more when one has drifted. */
export async function measurePeer(stage: BenchStage, peer: Peer, namespace: string, objects: number) {
  await createNamespace(stage, namespace);
  const from = writeManifests(stage, namespace, objects);
  const first = await peer.apply(from);
  await settled(stage, namespace);
  const nothing = await peer.apply(from);
  await drift(stage, namespace);
  const drifted = await peer.apply(from);
  await expectRestored(stage, namespace);
  return { first, nothing, drifted } satisfies Measured;
}

/** The same manifests as files of a directory, and as one file. */
export function writeManifests({ directory: home }: BenchStage, namespace: string, objects: number) {
  const directory = join(home, namespace);
  const file = join(home, `${namespace}.yaml`);
  const manifests = manifestsOf(namespace, objects);
  mkdirSync(directory);
  for (const [name, text] of Object.entries(manifests)) {
    writeFileSync(join(directory, name), text);
  }
  writeFileSync(file, Object.values(manifests).join('---\n'));
  return { directory, file };
}

/** Waits until the controllers have seen all Deployments: what they do then is in nobody's way. */
async function settled({ cluster }: BenchStage, namespace: string): Promise<void> {
  const isSeen = async () => {
    const { items } = (await cluster.api.get(`/apis/apps/v1/namespaces/${namespace}/deployments`)) as {
      readonly items: readonly { readonly status?: { readonly observedGeneration?: number } }[];
    };
    return items.every(({ status }) => status?.observedGeneration !== undefined);
  };
  await waitFor(`Deployments of ${namespace} are seen`, isSeen, { timeoutMillis: PATIENCE_MILLIS });
}
