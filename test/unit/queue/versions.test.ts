import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createHandler as createCommitImage } from '../../../functions/commit-image/handler.ts';
import { createHandler as createEvaluatePolicy } from '../../../functions/evaluate-policy/handler.ts';
import { createHandler as createReportApply } from '../../../functions/report-apply/handler.ts';
import { contextOf } from '../../../infra/local/functions.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import { applyReportSchema, imagePushSchema, imageUpdatesSchema, readMessage } from '../../../shared/queue/messages.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';
import { recordingLog, recordingSender } from '../../fakes/recording.ts';
import { sqsEvent } from '../../fakes/sqs-event.ts';

/**
 * Messages as releases sent them, a file for each version of each kind. A file is never changed: what is in flight
 * during an upgrade cannot be either.
 */
const DIRECTORY = 'test/fixtures/messages';
const bodyOf = (file: string) => readFileSync(join(DIRECTORY, file), 'utf8');

const IMAGE = 'registry.example.com/hello';

/** The functions that read messages, on one repository. */
function functions() {
  const { log, lines } = recordingLog();
  const deadLetters = recordingSender();
  const updates = recordingSender();
  const host = memoryGitHost({ 'deploy.yml': deployment(`${IMAGE}:1.0.0`, 'semver:~1') });
  const registry = memoryRegistry({ '1.0.0': '2026-11-22T10:00:00Z', '1.0.1': '2026-11-23T10:00:00Z' });
  const common = {
    repositories: [watched(host)],
    registry: () => registry,
    deadLetters,
    maxReceives: 5,
    log,
    now: Date.now,
  };
  const cache = memoryCache();
  const evaluate = createEvaluatePolicy({
    ...common,
    readSites: siteReader({ cache, log }),
    updates,
    pushes: recordingSender(),
  });
  const commit = createCommitImage(common);
  const tell = createReportApply({ repositories: [], webhooks: [], cache, log });
  return {
    lines,
    deadLetters,
    updates,
    host,
    pushes: async (body: string) => evaluate(sqsEvent([body]), contextOf('evaluate-policy')),
    updatesOf: async (body: string) => commit(sqsEvent([body], { groupId: 'group' }), contextOf('commit-image')),
    report: async (body: string) => tell(JSON.parse(body), contextOf('report-apply')),
  };
}

const READERS = {
  pushes: (body: string) => readMessage(imagePushSchema, body, 'message'),
  updates: (body: string) => readMessage(imageUpdatesSchema, body, 'message'),
  report: (body: string) => readMessage(applyReportSchema, body, 'message'),
};

test('every field of every version is read', () => {
  const read = readdirSync(DIRECTORY).map((file) => {
    const kind = file.split('-')[0] as keyof typeof READERS;
    return { file, message: READERS[kind](bodyOf(file)) };
  });
  const written = (file: string) => JSON.parse(bodyOf(file));
  expect(read).toEqual([
    { file: 'pushes-v1-least.json', message: written('pushes-v1-least.json') },
    { file: 'pushes-v1.json', message: written('pushes-v1.json') },
    { file: 'report-v1.json', message: written('report-v1.json') },
    { file: 'updates-v1.json', message: [written('updates-v1.json')] },
    { file: 'updates-v2.json', message: written('updates-v2.json').updates },
  ]);
});

describe("today's functions take yesterday's messages", () => {
  test.each(['pushes-v1.json', 'pushes-v1-least.json'])('%s becomes an update', async (file) => {
    const { pushes, updates, deadLetters } = functions();
    expect(await pushes(bodyOf(file))).toEqual({ batchItemFailures: [] });
    const [update] = READERS.updates(updates.sent[0]?.body ?? '');
    expect(update).toMatchObject({ from: `${IMAGE}:1.0.0`, to: { tag: '1.0.1' } });
    expect(deadLetters.sent).toEqual([]);
  });

  test.each(['updates-v1.json', 'updates-v2.json'])('%s becomes a commit', async (file) => {
    const { updatesOf, host, deadLetters } = functions();
    expect(await updatesOf(bodyOf(file))).toEqual({ batchItemFailures: [] });
    expect(host.commits.map(({ message }) => message.split('\n')[0])).toEqual([`${IMAGE}: 1.0.0 → 1.0.1`]);
    expect(deadLetters.sent).toEqual([]);
  });

  test('report-v1.json is told', async () => {
    const { report, lines } = functions();
    await report(bodyOf('report-v1.json'));
    expect(lines).toContainEqual(expect.objectContaining({ message: 'revision not healthy', cluster: 'shop' }));
  });
});

describe('what a later release sent is kept, and says what to do', () => {
  const later = (file: string, version: number) => JSON.stringify({ ...JSON.parse(bodyOf(file)), version });
  const reason = (subject: string, version: number) =>
    `${subject}: expected a version that this release knows, found version ${version}. A later release sent it: deploy that again, then send it back (sluice replay --redrive).`;

  test('a push', async () => {
    const { pushes, deadLetters, updates } = functions();
    const body = later('pushes-v1.json', 2);
    expect(await pushes(body)).toEqual({ batchItemFailures: [] });
    expect(deadLetters.sent).toEqual([{ body, attributes: { error: reason('message of queue pushes', 2) } }]);
    expect(updates.sent).toEqual([]);
  });

  test('updates', async () => {
    const { updatesOf, deadLetters, host } = functions();
    const body = later('updates-v2.json', 3);
    expect(await updatesOf(body)).toEqual({ batchItemFailures: [] });
    const error = reason('message of queue updates', 3);
    expect(deadLetters.sent).toEqual([{ body, attributes: { error }, groupId: 'group', deduplicationId: 'message-0' }]);
    expect(host.commits).toEqual([]);
  });

  test('a report, which Lambda itself hands to the dead-letter queue with what was thrown', async () => {
    const { report } = functions();
    await expect(report(later('report-v1.json', 2))).rejects.toThrow(reason('report of an agent', 2));
  });

  test.each([
    { what: 'no version', body: '{}', found: 'version: ' },
    { what: 'a version that never was', body: '{"version":0}', found: 'version: ' },
    { what: 'a version that is no number', body: '{"version":"2"}', found: 'version: ' },
    { what: 'half a message', body: '{"version":1}', found: 'id: ' },
  ])('$what is of no release', ({ body, found }) => {
    expect(() => READERS.pushes(body)).toThrow(`message: expected a message as this release knows it, found ${found}`);
  });
});
