import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtSample } from '../../cluster/images/sample-image.ts';
import { pushImage } from '../../cluster/images.ts';
import type { NodeStage } from '../../flow/node-stage.ts';
import { until } from '../../flow/stage.ts';

const ASK_MILLIS = 20;
const PATIENCE_MILLIS = 300_000;

/**
 * Pushes an image of the sample that nobody has seen before.
 *
 * @param meanwhile is waited for once it is pushed
 * @returns milliseconds from the registry's word of it until a pod that is ready answers with its page
 */
export async function pushToPage(stage: NodeStage, tag: string, meanwhile = async () => {}): Promise<number> {
  // One that is found again is as old as it was, and no newer than what stands.
  const text = `Hello ${tag} ${randomUUID()}`;
  const image = await builtSample(text);
  await pushImage(stage.registryGate.host, 'hello', tag, image);
  rmSync(image.directory, { recursive: true });
  await meanwhile();
  const deadline = performance.now() + PATIENCE_MILLIS;
  while (!(await pages(stage)).includes(`${text}\n`)) {
    if (performance.now() > deadline) throw new Error(`page of ${tag}: none within ${PATIENCE_MILLIS / 1000} s`);
    await sleep(ASK_MILLIS);
  }
  const answered = Date.now();
  const told = await until(`push of ${tag}`, stage, () =>
    stage.lines().find((line) => line['message'] === 'push received' && line['tag'] === tag),
  );
  return answered - Date.parse(String(told['time']));
}

/** What each pod that is ready answers; one that has ended meanwhile answers nothing. */
async function pages(stage: NodeStage): Promise<readonly string[]> {
  const ready = (await stage.pods()).filter(({ isReady }) => isReady);
  const ask = async (address = '') => (await fetch(`http://${address}:8080/`)).text();
  return Promise.all(ready.map(async ({ address }) => ask(address).catch(() => '')));
}
