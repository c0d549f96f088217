import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../cluster/images/command.ts';
import { withText } from '../cluster/images/sample-image.ts';
import { layerBinary } from '../cluster/installed-parts.ts';
import { type NodeStage, openNodeStage } from './node-stage.ts';
import { readmeCommands } from './readme-commands.ts';
import { type Line, until } from './stage.ts';

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

/** Runs a line of a shell beside the cluster. */
const shell = async (line: string) =>
  runCommand('sh', ['-ec', line], {
    PATH: `${dirname(layerBinary('kubectl'))}:${process.env['PATH']}`,
    KUBECONFIG: stage.cluster.kubeconfig,
  });

const twice = (text: string) => [`${text}\n`, `${text}\n`];

/** Waits for a line of the runtime's log. */
const untilTold = async (message: string, fields: Line) =>
  until(
    `${message}: ${JSON.stringify(fields)}`,
    stage,
    () =>
      stage
        .lines()
        .find(
          (line) => line['message'] === message && Object.entries(fields).every(([key, value]) => line[key] === value),
        ),
    PATIENCE_MILLIS,
  );

/** Runs the pipeline for what was committed; resolves with Sluice's own commit of its image. */
async function deliver(): Promise<string> {
  const tag = await stage.pipeline.run();
  return String((await untilTold('image committed', { tag }))['commit']);
}

/** What the agent's report of a revision says is wrong. */
const problemsOf = async (revision: string) =>
  String((await untilTold('revision not healthy', { revision }))['problems']);

/** Asks the pods that are ready again and again; the return value ends that, and is all that was answered. */
function keepAsking(): () => Promise<ReadonlySet<string>> {
  const answered = new Set<string>();
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const asking = (async () => {
    while (!end.signal.aborted) {
      const said = await pages().catch((error: unknown) => [String(error)]);
      for (const page of said) answered.add(page);
      if (said.length < 2) answered.add(`only ${said.length} answered`);
      await setTimeout(ASK_MILLIS);
    }
  })();
  return async () => {
    end.abort();
    await asking;
    return answered;
  };
}

/** app.py without what any of the following broke. */
const mended = (page: string) => page.replace(/ {4}raise .*\n/, '').replace(', 503', '');

/** The Deployment's manifest with another tag of its image. */
const tagged = (tag: string) => (manifest: string) => manifest.replace(/(image: \S+):\S+/, `$1:${tag}`);

const BUILT = [
  {
    what: 'exits at once',
    change: (page: string) => page.replace('    app.run(', '    raise SystemExit("no greeting is set")\n    app.run('),
    reason: /container hello: (CrashLoopBackOff: )?exit code 1 \(Error\)/,
  },
  {
    what: 'never passes its probe',
    change: (page: string) => page.replace('return "ok\\n"', 'return "not yet\\n", 503'),
    reason: /Readiness probe failed: HTTP probe failed with statuscode: 503/,
  },
] as const;

describe('the story, with an application and an agent that run on a node', { timeout: 3 * PATIENCE_MILLIS }, () => {
  test('what the pipeline built answers Hello World!, applied by an agent in its own image, under its own account', async () => {
    await stage.pipeline.commit('app.py', saying('Hello World!'));
    await stage.pipeline.commit('test_app.py', (code) => code.replace('"Hello from "', '"Hello"'));
    const revision = await deliver();
    await stage.installAgent();
    await expect.poll(pages, PATIENTLY).toEqual(twice('Hello World!'));
    expect(await untilTold('revision applied', { revision })).toMatchObject({ healthy: true });
    const agent = [expect.stringContaining('/sluice-agent:'), 'sluice-agent', 'Running'];
    expect(await stage.agents()).toEqual([agent, agent]);
  });

  test("a commit to app.py by README's commands, and both pods answer Hello from Kube", async () => {
    const lines = readmeCommands();
    const [change = '', commit = '', look = '', ask = ''] = lines.slice(
      lines.findIndex((line) => line.includes('app.py')),
    );
    await stage.pipeline.type([change, commit]);
    const revision = await deliver();
    expect(await shell(look)).toBe('Hello from Kube');
    await expect.poll(pages, PATIENTLY).toEqual(twice('Hello from Kube'));
    expect(await untilTold('revision applied', { revision })).toMatchObject({ healthy: true });
    expect(await shell(ask)).toContain('state: healthy');
  });

  test.each(BUILT)('an image that $what: the report says why, and the old pods answer', async ({ change, reason }) => {
    const endAsking = keepAsking();
    await stage.pipeline.commit('app.py', (page) => change(mended(page)));
    expect(await problemsOf(await deliver())).toMatch(reason);
    expect([...(await endAsking())]).toEqual(['Hello from Kube\n']);
  });

  test('the next good commit mends it', async () => {
    await stage.pipeline.commit('app.py', (page) => saying('Hello again')(mended(page)));
    await deliver();
    await expect.poll(pages, PATIENTLY).toEqual(twice('Hello again'));
  });

  test('an image that does not exist, set by hand: the report says so, and the old pods answer', async () => {
    const endAsking = keepAsking();
    const revision = await stage.pipeline.commit('k8s/deploy.yml', tagged('absent'));
    const problems = await problemsOf(revision);
    expect(problems).toMatch(/container hello: (ErrImagePull|ImagePullBackOff): .*hello:absent/);
    expect([...(await endAsking())]).toEqual(['Hello again\n']);
  });

  // An image that is nowhere has no age: Sluice does not guess that another is newer, and says what to do.
  test('a good image is set by hand once, as the log says, and mends that', async () => {
    await stage.pipeline.commit('app.py', saying('Hello at last'));
    const tag = await stage.pipeline.run();
    const { reason } = await untilTold('image kept', { tag, because: 'unknown-age' });
    expect(reason).toContain(`set ${tag} by hand once`);
    const revision = await stage.pipeline.commit('k8s/deploy.yml', tagged(tag));
    await expect.poll(pages, PATIENTLY).toEqual(twice('Hello at last'));
    expect(await untilTold('revision applied', { revision })).toMatchObject({ healthy: true });
  });
});
