import { expect, test } from 'vitest';
import { sweepRepositories } from '../../../functions/sweep/sweep.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { RepositoryTime } from '../../../shared/decision/repository-time.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import type { MessageSender } from '../../../shared/queue/port.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';

const IMAGE = 'registry.example.com/hello';
const NOW = Date.parse('2026-12-04T20:00:00Z');

async function sweep(freeze: string, everySeconds = 900, sites = 1, refusals = 0) {
  const { log, lines } = recordingLog();
  const pushes = recordingSender();
  let left = refusals;
  const send: MessageSender['send'] = async (messages) => {
    left -= 1;
    return left < 0 ? pushes.send(messages) : Promise.reject(new Error('away'));
  };
  const text = deployment(`${IMAGE}:1.0.0`, 'semver:~1', freeze);
  const files = Object.fromEntries(Array.from({ length: sites }, (_, at) => [`web-${at}.yml`, text]));
  const registry = memoryRegistry({ '1.0.0': undefined, '1.0.1': undefined, '1.0.2': undefined });
  const ports = {
    repositories: [watched(memoryGitHost(files))],
    readSites: siteReader({ cache: memoryCache(), log }),
    registry: () => registry,
    time: new RepositoryTime(Date.now),
    cache: memoryCache(),
    ...{ pushes: { send }, everySeconds, log, now: () => NOW },
  };
  await sweepRepositories(ports, () => 60_000);
  const pushed = pushes.sent.map(({ body, delaySeconds }) => ({ push: JSON.parse(body), delaySeconds }));
  return { pushed, lines, asked: registry.asked };
}

const freezeUntil = (time: string) => `    sluice.dev/freeze: 2026-12-01 to ${time}\n`;

test('a site that is frozen for long costs no request, and is told of', async () => {
  const { pushed, lines, asked } = await sweep(freezeUntil('2026-12-24'));
  expect({ pushed, asked }).toEqual({ pushed: [], asked: [] });
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'site is held', because: 'held', until: '2026-12-25T00:00:00.000Z' }),
  );
});

test('of a site whose freeze ends before the next sweep the newest is queued for then', async () => {
  const { pushed } = await sweep(freezeUntil('2026-12-04T20:14:00Z'));
  expect(pushed).toMatchObject([{ push: { tag: '1.0.2', heldUntil: '2026-12-04T20:14:00.000Z' }, delaySeconds: 840 }]);
});

test('a freeze that another sweep comes before is left to that one', async () => {
  const { pushed, asked } = await sweep(freezeUntil('2026-12-04T20:14:00Z'), 60);
  expect({ pushed, asked }).toEqual({ pushed: [], asked: [] });
  expect((await sweep(freezeUntil('2026-12-04T20:01:00Z'), 60)).pushed).toMatchObject([{ delaySeconds: 60 }]);
});

test('once a freeze is over the newest alone is queued', async () => {
  const { pushed } = await sweep(freezeUntil('2026-12-04T20:00:00Z'));
  expect(pushed).toMatchObject([{ push: { tag: '1.0.2' }, delaySeconds: undefined }]);
  expect(pushed[0]?.push).not.toHaveProperty('heldUntil');
});

test('of many sites that are frozen until the same time one push is queued', async () => {
  const { pushed, lines } = await sweep(freezeUntil('2026-12-04T20:14:00Z'), 900, 20);
  expect(pushed).toMatchObject([{ push: { tag: '1.0.2' }, delaySeconds: 840 }]);
  expect(lines.filter(({ message }) => message === 'missed push found')).toHaveLength(20);
});

test('what the queue did not take for one site it is given for another', async () => {
  // Eight are compared at once.
  const { pushed, lines } = await sweep(freezeUntil('2026-12-04T20:14:00Z'), 900, 9, 1);
  expect(pushed).toHaveLength(1);
  expect(lines.filter(({ message }) => message === 'site not swept')).toHaveLength(8);
});
