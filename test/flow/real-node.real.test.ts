import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withText } from '../cluster/images/sample-image.ts';
import { type NodeStage, openNodeStage } from './node-stage.ts';
import { until } from './stage.ts';

const PATIENCE_MILLIS = 400_000;
const ASK_MILLIS = 200;
const PATIENTLY = { timeout: PATIENCE_MILLIS, interval: ASK_MILLIS };

let stage: NodeStage;
beforeAll(async () => {
  stage = await openNodeStage();
}, PATIENCE_MILLIS);
afterAll(async () => stage?.stop(), PATIENCE_MILLIS);

/** A page of the application, and something that no image of an earlier run has: an image that is found again is as old as it was. */
const saying = (text: string) => (page: string) => `${withText(page, text)}\n# ${randomUUID()}\n`;

/** What each pod that is ready answers. */
async function pages(): Promise<readonly string[]> {
  const ready = (await stage.pods()).filter(({ isReady }) => isReady);
  return Promise.all(ready.map(async ({ address }) => (await fetch(`http://${address}:8080/`)).text()));
}

const twice = (text: string) => [`${text}\n`, `${text}\n`];

const untilCommitted = async (tag: string) =>
  until(
    `a commit of ${tag}`,
    stage,
    () => {
      const isOfTag = (line: Readonly<Record<string, unknown>>) =>
        line['message'] === 'image committed' && line['tag'] === tag;
      return stage.lines().find(isOfTag);
    },
    PATIENCE_MILLIS,
  );

describe('the story, with an application and an agent that run on a node', { timeout: 3 * PATIENCE_MILLIS }, () => {
  test('what the pipeline built answers Hello World!, applied by an agent in its own image, under its own account', async () => {
    await stage.pipeline.commit('app.py', saying('Hello World!'));
    await stage.pipeline.commit('test_app.py', (code) => code.replace('"Hello from "', '"Hello"'));
    await untilCommitted(await stage.pipeline.run());
    await stage.installAgent();
    await expect.poll(pages, PATIENTLY).toEqual(twice('Hello World!'));
    const agent = [expect.stringContaining('/sluice-agent:'), 'sluice-agent', 'Running'];
    expect(await stage.agents()).toEqual([agent, agent]);
  });

  test('a commit to app.py, and both pods answer Hello from Kube', async () => {
    await stage.pipeline.commit('app.py', saying('Hello from Kube'));
    await untilCommitted(await stage.pipeline.run());
    await expect.poll(pages, PATIENTLY).toEqual(twice('Hello from Kube'));
  });
});
