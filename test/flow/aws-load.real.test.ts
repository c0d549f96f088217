import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSiteTrailers } from '../../shared/history/trailers.ts';
import type { AwsApi } from '../aws/aws-api.ts';
import type { Stack } from '../aws/stack.ts';
import { bestOf, eventsOf, fileOf, fleetOf } from './fleet.ts';
import { type FleetStage, openFleetStage } from './fleet-stage.ts';
import { POISON, poisonInvocations, poisonQueues, reasonsIn } from './poison.ts';
import { sendPushes } from './push-sender.ts';
import { killAtRandom, reached } from './random-kills.ts';
import { seeded } from './seeded.ts';
import { until } from './stage.ts';
import { throttlingBy } from './throttling.ts';

const SEED = 5;
const EVENTS = 10_000;
const KILLS = 100;
const FLEET = fleetOf(36, 16);
const SENT_AT_ONCE = 4;
const POISONED_AT = 0.4;
const DRAIN_MILLIS = 300_000;
const TIMEOUT_MILLIS = 1_800_000;

/** A message of a killed function is hidden for six minutes on AWS; here it comes back while the test runs. */
const VISIBILITY_SECONDS = { PushesQueue: '8', UpdatesQueue: '4' } as const;
/** It may be in several of the kills, and is to be no dead letter for that. */
const MAX_RECEIVES = '50';

describe(`${EVENTS} pushes to a stack that serverless deploy made`, { timeout: TIMEOUT_MILLIS }, () => {
  let stage: FleetStage;
  beforeAll(async () => {
    const params = { maxReceives: MAX_RECEIVES };
    stage = await openFleetStage(FLEET, { concurrency: 6, params, adjust: shortenVisibility });
  }, TIMEOUT_MILLIS);
  afterAll(async () => stage?.stop());

  test('nothing is lost, and nothing committed twice, whatever is killed, throttled or poisoned', async () => {
    const { aws, repository, registry, secret } = stage;
    await poisonInvocations(aws);
    const events = eventsOf(FLEET, EVENTS, seeded(SEED));
    let accepted = 0;
    const progress = () => accepted / events.length;
    const throttling = throttlingBy(seeded(SEED + 1), progress);
    aws.proxy.setPlan(throttling.plan);
    const [killed, refusals] = await Promise.all([
      killAtRandom(aws.lambda, {
        functions: ['receive-push', 'evaluate-policy', 'commit-image'].map(
          (name) => aws.stack.functionNamed(name).name,
        ),
        kills: KILLS,
        random: seeded(SEED + 2),
        progress,
      }),
      sendPushes(events, {
        url: stage.pushUrl,
        secret,
        registry,
        atOnce: SENT_AT_ONCE,
        onAccepted: () => {
          accepted += 1;
        },
      }),
      reached(progress, POISONED_AT).then(async () => poisonQueues(aws, stage.repositoryUrl)),
    ]);
    await until('the queues to be empty', stage, async () => (await isIdle(stage)) || undefined, DRAIN_MILLIS);

    const told = Map.groupBy(stage.lines(), ({ push }) => push);
    const undecided = events.filter(({ id }) => !told.get(id)?.some(({ message }) => isDecision(message)));
    expect(undecided.map(({ id, tag }) => ({ tag, told: told.get(id) }))).toEqual([]);
    const stands = FLEET.map((service) => /image: (\S+)/.exec(repository.read(fileOf(service)).toString('utf8'))?.[1]);
    expect(stands).toEqual(FLEET.map((service) => `${registry}/${service.name}:${bestOf(service, events)}`));
    const updates = repository.log().flatMap(({ message }) => readSiteTrailers(message));
    const texts = updates.map((update) => JSON.stringify(update));
    expect(texts.filter((text, index) => texts.indexOf(text) < index)).toEqual([]);
    expect(Object.values(killed).reduce((sum, times) => sum + times, 0)).toBe(KILLS);
    expect(throttling.count()).toBeGreaterThan(0);
    // Of killed functions, and of a queue that took nothing.
    expect(refusals).toEqual({ 500: expect.any(Number), 503: expect.any(Number) });
  });

  test.each(['PushesDead', 'UpdatesDead', 'EventsDead', 'ReportsDead'] as const)(
    '%s holds what nobody can read, with the reason, and nothing else',
    async (queue) => {
      expect(await reasonsIn(stage.aws, queue)).toEqual([expect.stringMatching(POISON[queue].reason)]);
    },
  );
});

async function shortenVisibility(api: AwsApi, stack: Stack): Promise<void> {
  for (const [id, VisibilityTimeout] of Object.entries(VISIBILITY_SECONDS)) {
    const QueueUrl = stack.physicalId(id);
    await api.json('AmazonSQS.SetQueueAttributes', 'sqs', { QueueUrl, Attributes: { VisibilityTimeout } });
  }
}

/** Nothing waits, and nothing is in flight. */
async function isIdle({ aws: { api, stack } }: FleetStage): Promise<boolean> {
  const depths = await Promise.all(
    Object.keys(VISIBILITY_SECONDS).map(async (id) => {
      const { Attributes } = await api.json<{ readonly Attributes: Readonly<Record<string, string>> }>(
        'AmazonSQS.GetQueueAttributes',
        'sqs',
        { QueueUrl: stack.physicalId(id), AttributeNames: ['All'] },
      );
      const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = Attributes;
      return Number(visible) + Number(hidden);
    }),
  );
  return depths.every((depth) => depth === 0);
}

function isDecision(message: unknown): boolean {
  return message === 'image kept' || message === 'update decided';
}
