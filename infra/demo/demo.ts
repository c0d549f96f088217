import { dirname, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import type { PersonsImage } from './images.ts';
import { Lines } from './lines.ts';
import { PersonsCluster } from './persons-cluster.ts';
import { DemoRun } from './runs.ts';
import { createScreen, type Screen } from './screen.ts';
import { startWorld, type World } from './world.ts';

export interface DemoOptions {
  /** End when the first image is rolled out. */
  readonly once: boolean;
  readonly context: string | undefined;
  readonly image: PersonsImage | undefined;
  /** Those of the environment that say where a kubeconfig is. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** Ends the demo. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  readonly colours: boolean;
}

/** More than the agent waits for a roll-out: it has a reason to tell. */
const STEP_TIMEOUT_MILLIS = 75_000;
const POD_LOOK_MILLIS = 2000;
/** So often in a row a fault is seen before it is taken for one that stays. */
const POD_LOOKS = 4;

/**
 * Plays the first steps of the story and shows them: an image with a tag that the policy does not want, then one that
 * it wants, up to its roll-out. Whatever it made is taken away at its end, and what killed ones left at its start.
 *
 * @returns false where the signal ended it before the story was told
 * @throws SluiceError where a step does not come to its end
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { print, signal } = options;
  await removeLeft(options);
  const run = DemoRun.begin();
  try {
    await play(options, run);
    run.remove();
    return true;
  } catch (error) {
    if (run.record.namespace === undefined || (await isGone(run, options))) {
      run.remove();
    } else {
      run.leave();
    }
    if (signal.aborted) {
      print('It was ended before the story was.');
      return false;
    }
    throw error;
  }
}

async function play(options: DemoOptions, run: DemoRun): Promise<void> {
  const { once, context, image, port, variables, signal, print, colours } = options;
  const lines = new Lines(STEP_TIMEOUT_MILLIS);
  let screen: Screen | undefined;
  const onLine = (line: string) => {
    screen?.show(line.trimEnd());
    lines.add(line);
  };
  const log = createLog({}, 'info', { write: onLine });
  signal.addEventListener('abort', () => lines.end('it was interrupted'));
  const cluster = context === undefined ? 'a Kubernetes API' : `a namespace in ${context}`;
  print(`Bringing up a Git repository with hello, an image registry, ${cluster}, Sluice and its agent…`);
  const onAgentEnd = (status: number | null) => lines.end(`the agent ended with status ${status}`);
  const world = await startWorld({ run, context, image, variables, port, log, onAgentLine: onLine, onAgentEnd });
  const told = new AbortController();
  const watching = watchPods(world, lines, AbortSignal.any([signal, told.signal]));
  try {
    screen = createScreen({ print, repository: world.repository, colours, now: Date.now });
    await playStory(world, lines);
    told.abort();
    if (!once) {
      if (world.registry !== undefined) {
        run.write({ registry: world.registry });
      }
      screen.say(invitation(world));
      await ended(signal);
    }
  } finally {
    told.abort();
    await watching;
    await world.stop();
  }
}

async function playStory({ steps }: World, lines: Lines): Promise<void> {
  await lines.next('the first revision to be rolled out', ({ message, problems }) => {
    if (message === 'revision not healthy') {
      lines.end(String(problems));
    }
    return message === 'revision healthy';
  });
  for (const { tag, becomes, push } of steps) {
    let commit: unknown;
    const decided = lines.next(`${tag} to be ${becomes}`, (line) => {
      const { message } = line;
      commit = line['commit'];
      if (message === 'image kept' && line['tag'] === tag && becomes !== 'kept') {
        lines.end(`it was kept: ${String(line['reason'])}`);
      }
      return message === (becomes === 'kept' ? 'image kept' : 'image committed') && line['tag'] === tag;
    });
    await Promise.all([decided, push()]);
    if (becomes === 'rolled out') {
      await lines.next(`${tag} to be rolled out`, ({ message, revision, problems }) => {
        if (message === 'revision not healthy' && revision === commit) {
          lines.end(String(problems));
        }
        return message === 'revision applied' && revision === commit;
      });
    }
  }
}

/** Ends the story where pods do not start and will not: nobody wants to wait for a minute for that. */
async function watchPods({ podFault }: World, lines: Lines, signal: AbortSignal): Promise<void> {
  let times = 0;
  while (!signal.aborted) {
    const fault = await podFault().catch(() => undefined);
    times = fault === undefined ? 0 : times + 1;
    if (fault !== undefined && times >= POD_LOOKS) {
      lines.end(fault);
      return;
    }
    await sleep(POD_LOOK_MILLIS, undefined, { signal }).catch(() => {});
  }
}

/** Takes away what demos of this folder left that were killed. */
async function removeLeft(options: DemoOptions): Promise<void> {
  for (const left of DemoRun.takeLeft()) {
    if (await isGone(left, options)) {
      left.remove();
    } else {
      left.leave();
    }
  }
}

/** Sees to it that the namespace of a demo is gone; says what is left to do where it cannot. */
async function isGone({ id, record }: DemoRun, { variables, print }: DemoOptions): Promise<boolean> {
  if (record.namespace === undefined) {
    return true;
  }
  const { context, name } = record.namespace;
  try {
    await (await PersonsCluster.open(context, variables)).removeNamespace(name, id);
    return true;
  } catch (error) {
    print(`The demo's namespace ${name} is left in ${context}: ${messageOf(error)}`);
    return false;
  }
}

function invitation({ registry, repositoryUrl, runtime }: World): string {
  const push = registry === undefined ? '' : '\n  npm start -- push hello:1.0.1      push the next image';
  return `
It stays up. From a second terminal:${push}
  git clone ${repositoryUrl}
  npm run -s sluice -- doctor --target ${runtime.invokeUrl} --state-dir ${relative('', dirname(runtime.tokenFile))}
Pushes are taken at ${runtime.url}/push/. Ctrl-C ends it.`;
}

async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
}
