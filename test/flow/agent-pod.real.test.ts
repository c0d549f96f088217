import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../cluster/images/command.ts';
import { layerBinary } from '../cluster/installed-parts.ts';
import { confinement, renderedFiles } from './agent-pod/confinement.ts';
import { expiry } from './agent-pod/expiring-token.ts';
import { handOver } from './agent-pod/hand-over.ts';
import { interruptions } from './agent-pod/interruptions.ts';
import { configMap } from './agent-pod/manifests.ts';
import { objects } from './agent-pod/objects.ts';
import { openPodStage, type PodStage } from './agent-pod/stage.ts';
import { rotation } from './agent-pod/token.ts';
import { unready } from './agent-pod/unready.ts';
import { readmeCommands } from './readme-commands.ts';

const PATIENCE_MILLIS = 400_000;
/** So many that what a test takes away is no great share of them. */
const BASE = Array.from({ length: 20 }, (_, at) => configMap(`base-${at}`, 'as ever'));

let stage: PodStage;
beforeAll(async () => {
  stage = await openPodStage((ageKey) => ({
    'k8s/base.yml': BASE.join('---\n'),
    'expiring/a.json': configMap('expiring', 'by the first token'),
    ...renderedFiles(ageKey),
  }));
}, PATIENCE_MILLIS);
afterAll(async () => stage?.stop(), PATIENCE_MILLIS);

// In this order: each leaves two pods that are ready, and none of what it broke.
test("README's command installs into a cluster, which refuses nothing of it", async () => {
  const line = readmeCommands().find((command) => command.endsWith('| kubectl apply -f -')) ?? 'false';
  const asked = line.replace(/-f -$/, '--dry-run=server -f -');
  const { PATH } = process.env;
  const environment = { PATH: `${dirname(layerBinary('kubectl'))}:${PATH}`, KUBECONFIG: stage.cluster.kubeconfig };
  const made = await runCommand('bash', ['-o', 'pipefail', '-ec', asked], environment);
  expect(made).toMatch(/^deployment\.apps\/sluice-agent configured \(server dry run\)$/m);
  expect(made).toMatch(/^poddisruptionbudget\.policy\/sluice-agent \w+ \(server dry run\)$/m);
});

describe('the agent as pods of real nodes', { timeout: PATIENCE_MILLIS }, () => {
  confinement(() => stage);
  objects(() => stage);
  interruptions(() => stage);
  handOver(() => stage);
  unready(() => stage);
  rotation(() => stage);
  expiry(() => stage);
});
