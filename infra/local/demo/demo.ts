import { execFileSync } from 'node:child_process';
import { messageOf, SluiceError } from '../../../shared/errors.ts';
import { createLog } from '../../../shared/log.ts';
import { pushImage } from '../registry/push-image.ts';
import { announceDemo, withdrawDemo } from './running.ts';
import { createScreen, type Screen } from './screen.ts';
import { startWorld, type World } from './world.ts';

export interface DemoOptions {
  /** End when the first image is rolled out. */
  readonly once: boolean;
  readonly context: string | undefined;
  readonly port: number;
  /** Ends the demo. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  readonly colours: boolean;
}

const STEP_TIMEOUT_MILLIS = 60_000;

/** Lines of the logs that the story waits for. */
interface Lines {
  readonly add: (line: string) => void;
  /** The first line that fits, from now on. @throws SluiceError `not-healthy` where none comes in time, or the demo ends */
  readonly next: (what: string, fits: (line: Readonly<Record<string, unknown>>) => boolean) => Promise<void>;
  readonly end: (reason: string) => void;
}

/**
 * Plays the first two steps of the story and shows them: an image with a tag that the policy does not want, then one
 * that it wants, up to its roll-out.
 *
 * @throws SluiceError where a step does not come to its end
 */
export async function runDemo({ once, context, port, signal, print, colours }: DemoOptions): Promise<void> {
  const lines = createLines();
  let screen: Screen | undefined;
  const onLine = (line: string) => {
    screen?.show(line.trimEnd());
    lines.add(line);
  };
  const log = createLog({}, 'info', { write: onLine });
  signal.addEventListener('abort', () => lines.end('it was interrupted'));
  print('Bringing up a Git repository with hello, an image registry, a Kubernetes API, Sluice and its agent…');
  const onAgentEnd = (status: number | null) => lines.end(`the agent ended with status ${status}`);
  const world = await startWorld({ context, port, log, onAgentLine: onLine, onAgentEnd });
  try {
    screen = createScreen({ print, repository: world.repository, colours, now: Date.now });
    await lines.next('the first revision to be rolled out', ({ message }) => message === 'revision healthy');
    await playStory(world, lines);
    if (!once) {
      announceDemo({ registry: world.registry });
      screen.say(invitation(world));
      await ended(signal);
    }
  } finally {
    withdrawDemo();
    await world.stop();
  }
}

/** What CI does: a first tag for its own tests, then the tag of the commit. */
async function playStory({ registry, repository }: World, lines: Lines): Promise<void> {
  const sha = execFileSync('git', ['-C', repository, 'rev-parse', '--short=12', 'main'], { encoding: 'utf8' }).trim();
  const image = { registry, repository: 'hello', created: new Date(), content: sha };
  const kept = lines.next('hello:tmp to be kept out', ({ message, tag }) => message === 'image kept' && tag === 'tmp');
  await Promise.all([kept, pushImage({ ...image, tag: 'tmp' })]);
  let commit: unknown;
  const committed = lines.next(`hello:${sha} to be committed`, (line) => {
    commit = line['commit'];
    return line['message'] === 'image committed';
  });
  await Promise.all([committed, pushImage({ ...image, tag: sha })]);
  await lines.next(
    `hello:${sha} to be rolled out`,
    ({ message, revision }) => message === 'revision applied' && revision === commit,
  );
}

function invitation({ repositoryUrl, runtimeUrl }: World): string {
  return `
It stays up. From a second terminal:
  npm start -- push hello:1.0.1      push the next image
  git clone ${repositoryUrl}
Pushes are taken at ${runtimeUrl}/push/distribution. Ctrl-C ends it.`;
}

function createLines(): Lines {
  const waiting = new Set<{
    readonly fits: (line: Readonly<Record<string, unknown>>) => boolean;
    readonly resolve: () => void;
    readonly reject: (error: SluiceError) => void;
    readonly what: string;
  }>();
  let reason: string | undefined;
  const missed = (what: string, found: string) =>
    new SluiceError({ code: 'not-healthy', subject: 'demo', expected: what, found });
  return {
    add(text) {
      const line = parse(text);
      for (const one of waiting) {
        if (one.fits(line)) {
          waiting.delete(one);
          one.resolve();
        }
      }
    },
    async next(what, fits) {
      if (reason !== undefined) {
        throw missed(what, reason);
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const entry = { fits, resolve, reject, what };
      waiting.add(entry);
      const late = () => reject(missed(what, `nothing within ${STEP_TIMEOUT_MILLIS / 1000} s`));
      const timer = setTimeout(late, STEP_TIMEOUT_MILLIS);
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(entry);
      }
    },
    end(why) {
      reason = why;
      for (const { reject, what } of waiting) {
        reject(missed(what, why));
      }
    },
  };
}

async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return { message: messageOf(error) };
  }
}
