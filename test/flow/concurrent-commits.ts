import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHandler } from '../../functions/commit-image/handler.ts';
import { contextOf } from '../../infra/local/functions.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { type ImageUpdate, imageUpdatesSchema, readMessage } from '../../shared/queue/messages.ts';
import type { BareRepository } from '../contract/bare-repository.ts';
import type { Fault, FaultPlan } from '../fakes/fault.ts';
import { imageUpdate, updatesEvent } from '../fakes/image-updates.ts';
import { deployment } from '../fakes/manifests.ts';
import { memoryRegistry } from '../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../fakes/recording.ts';
import { type HostKind, type HostStage, startHostStage } from './host-stage.ts';
import { seeded } from './seeded.ts';

const SERVICES = ['one', 'two'];
const VERSIONS = ['1.0.1', '1.0.2'];
const FAULT_SHARE = 0.2;
/** Each costs a whole timeout. */
const HANG_SHARE = 0.005;
/** Many times what a request takes: one that a busy machine answers late is not the fault that is meant. */
const TIMEOUT_MILLIS = 3000;
/** Once nothing fails any more, a busy machine alone must not. */
const PATIENT_MILLIS = 20_000;
/** Runs wait more than they work. */
const AT_ONCE = 2;
/** As often as a queue would give a message back; far more than it takes. */
const ROUNDS = 60;

const FAULTS: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, afterWork: true },
  { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
  { kind: 'status', status: 409 },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 404 },
  { kind: 'cut' },
];

/**
 * Random runs: two writers of Sluice that both get every update, people who push meanwhile, and a host that fails one
 * request in five. Each ends in the expected tree, with every foreign commit in it and every update once.
 */
export function describeConcurrentCommits(kind: HostKind, runs: number, firstSeed = 1): void {
  describe(`concurrent commits at ${kind}`, () => {
    let stages: readonly HostStage[];
    beforeAll(async () => {
      stages = await Promise.all(Array.from({ length: Math.min(AT_ONCE, runs) }, async () => startHostStage(kind)));
    });
    afterAll(async () => {
      await Promise.all(stages.map(async (stage) => stage.stop()));
    });

    test(`${runs} random runs`, { timeout: 60_000 + runs * 30_000 }, async () => {
      const seeds = Array.from({ length: runs }, (_, index) => firstSeed + index);
      await Promise.all(
        stages.map(async (stage) => {
          for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
            await runOnce(stage, seed);
          }
        }),
      );
      expect(stages.flatMap(({ violations }) => violations)).toEqual([]);
    });
  });
}

async function runOnce(stage: HostStage, seed: number): Promise<void> {
  const random = seeded(seed);
  const name = randomUUID();
  const files = SERVICES.map((service) => ({ path: fileOf(service), content: manifestOf(service) }));
  const bare = stage.repository(name, [...files, { path: 'notes.txt', content: 'first\n' }]);
  const revision = bare.git('rev-parse', 'main').trim();
  const updates = SERVICES.flatMap((service) =>
    VERSIONS.map((to, index) =>
      imageUpdate({
        url: stage.url(name),
        image: imageOf(service),
        file: fileOf(service),
        from: index === 0 ? '1.0.0' : (VERSIONS[index - 1] ?? ''),
        to,
        revision,
      }),
    ),
  );
  const people = peopleAt(bare, random);
  const clock = { skew: 0 };
  stage.setPlan(faultsBy(random));
  const openWriters = (timeoutMillis: number) =>
    [0, 1].map(() => writerAt(stage, name, timeoutMillis, () => Date.now() + clock.skew));
  let writers = openWriters(TIMEOUT_MILLIS);
  let left: (readonly ImageUpdate[])[] = writers.map(() => updates);
  for (let round = 0; left.some((one) => one.length > 0); round += 1) {
    expect(round, `rounds of seed ${seed}`).toBeLessThan(ROUNDS);
    if (round === ROUNDS / 2) {
      stage.setPlan(() => undefined);
      writers = openWriters(PATIENT_MILLIS);
    }
    const working = writers.map(async (write, index) => write(chunks(left[index] ?? [], random)));
    people.push();
    left = await Promise.all(working);
    // Whoever was asked to wait has waited.
    clock.skew += 2000;
  }
  stage.setPlan(() => undefined);
  expectEverythingOnce(bare, people.commits, seed);
}

/** Delivers messages of updates, and gives what has to come back. */
function writerAt(stage: HostStage, name: string, timeoutMillis: number, now: () => number) {
  const { log } = recordingLog();
  const deadLetters = recordingSender();
  const text = `
repositories: [{ url: ${stage.url(name)}, host: ${stage.kind} }]
registries: [{ host: registry.example.com }]
`;
  const [config] = parseConfig(text, 'sluice.yml').repositories;
  if (config === undefined) {
    throw new Error('expected a repository');
  }
  const handler = createHandler({
    repositories: [{ config, host: stage.open(name, { timeoutMillis, now }) }],
    registry: () => memoryRegistry(Object.fromEntries(['1.0.0', ...VERSIONS].map((tag) => [tag, undefined]))),
    deadLetters,
    maxReceives: 1000,
    log,
    now,
    rateLimit: async () => {},
  });
  return async (messages: readonly (readonly ImageUpdate[])[]): Promise<readonly ImageUpdate[]> => {
    if (messages.length === 0) {
      return [];
    }
    const before = deadLetters.sent.length;
    const { batchItemFailures } = await handler(updatesEvent(messages), contextOf('commit-image'));
    const back = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    // A refusal that was made up is mended by the next time: what it left behind is sent again, as an operator would.
    const redriven = deadLetters.sent
      .slice(before)
      .flatMap(({ body }) => readMessage(imageUpdatesSchema, body, 'dead letter'));
    const again = [...messages.filter((_, index) => back.has(`message-${index}`)).flat(), ...redriven];
    return messages.flat().filter((update) => again.some((one) => isDeepStrictEqual(one, update)));
  };
}

function expectEverythingOnce(bare: BareRepository, foreign: readonly string[], seed: number): void {
  const last = VERSIONS.at(-1) ?? '';
  for (const service of SERVICES) {
    const text = bare.read(fileOf(service)).toString('utf8');
    expect(text, `tree of seed ${seed}`).toContain(`image: ${imageOf(service)}:${last}\n`);
  }
  const history = bare.log();
  const present = new Set(history.map(({ commit }) => commit));
  expect(
    foreign.filter((commit) => !present.has(commit)),
    `foreign commits of seed ${seed}`,
  ).toEqual([]);
  const told = history.flatMap(({ message }) => message.match(/^Sluice-Site: .*$/gm) ?? []);
  expect(new Set(told).size, `updates of seed ${seed} that came twice`).toBe(told.length);
  expect(history.filter(({ parents }) => parents.includes(' '))).toEqual([]);
}

/** People who write to files of their own and to ours, without touching the image. */
function peopleAt(bare: BareRepository, random: () => number) {
  const commits: string[] = [];
  return {
    commits,
    push(): void {
      if (random() < 0.5) {
        commits.push(bare.commit([{ path: `notes-${commits.length}.txt`, content: `${commits.length}\n` }]));
      }
    },
  };
}

function faultsBy(random: () => number): FaultPlan {
  return () => {
    const share = random();
    if (share < HANG_SHARE) {
      return { kind: 'hang', afterWork: true };
    }
    return share < FAULT_SHARE ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
  };
}

/** One to three updates each, in order. */
function chunks(updates: readonly ImageUpdate[], random: () => number): readonly (readonly ImageUpdate[])[] {
  const messages: ImageUpdate[][] = [];
  for (const update of updates) {
    const open = messages.at(-1);
    if (open === undefined || open.length >= 3 || random() < 0.4) {
      messages.push([update]);
    } else {
      open.push(update);
    }
  }
  return messages;
}

function imageOf(service: string): string {
  return `registry.example.com/${service}`;
}

function fileOf(service: string): string {
  return `k8s/${service}.yml`;
}

function manifestOf(service: string): string {
  return deployment(`${imageOf(service)}:1.0.0`, 'semver:~1');
}
