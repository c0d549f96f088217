import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimFor, matchRegistries } from '../../../functions/receive-push/match-registry.ts';
import type { PushDelivery } from '../../../functions/receive-push/sources/source.ts';
import { findSource, SOURCE_NAMES } from '../../../functions/receive-push/sources/sources.ts';
import { configJsonSchema } from '../../../shared/config/json-schema.ts';
import { isSluiceError } from '../../../shared/errors.ts';

/** Reads a delivery; one that is refused as malformed is passed over with what the sender is told. */
function read(name: string, headers: Readonly<Record<string, string>>, body: Buffer): PushDelivery {
  try {
    return findSource(name)?.read({ headers, body }) ?? { pushes: [], ignored: [] };
  } catch (error) {
    if (isSluiceError(error, 'push-malformed')) {
      return { pushes: [], ignored: [error.message] };
    }
    throw error;
  }
}

const sources = SOURCE_NAMES.map((name) => ({ name }));

test('a configuration may name these sources, and no others', () => {
  const webhooks = ['distribution', 'generic', 'ghcr', 'gitlab'];
  expect(SOURCE_NAMES).toEqual([...webhooks, 'ecr']);
  const schema = JSON.stringify(configJsonSchema());
  expect(schema).toContain(`"enum":${JSON.stringify(webhooks)}`);
  expect(schema).toContain('"const":"ecr"');
  expect(findSource('constructor')).toBeUndefined();
});

/** What may well stand in a field, and now and then nothing or anything. */
const field = (likely: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 40, arbitrary: likely }, fc.constant(undefined), fc.jsonValue());
const text = (right: string, ...others: readonly string[]) =>
  field(fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, fc.constantFrom(right, ...others)));
const object = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) => field(fc.record(fields));

const HOSTS = ['ghcr.io', '123456789012.dkr.ecr.eu-central-1.amazonaws.com'];
const digest = `sha256:${'0'.repeat(64)}`;
const tag = text('1.0', 'latest', '', digest, 'a:b', '../x');

const registryEvent = object({
  id: text('1'),
  action: text('push', 'pull'),
  target: object({ repository: text('a/b', ''), tag, digest: text(digest) }),
  request: object({ host: text('ghcr.io', '') }),
});
const container = object({
  package_type: text('CONTAINER', 'npm'),
  ecosystem: text('docker'),
  updated_at: text('0001-01-01T00:00:00Z', '2026-11-24T10:00:00Z', 'now'),
  package_version: object({
    version: text(digest),
    package_url: text('ghcr.io/a/b:1', 'ghcr.io/a/b:', 'ghcr.io/a/b', '::', `ghcr.io/a/b:${digest}`),
    container_metadata: object({ tag: object({ name: tag, digest: text(digest, '') }) }),
  }),
});
/** Events that are nearly right, for every source. */
const event = fc.oneof(
  object({ events: field(fc.array(registryEvent, { maxLength: 3 })) }),
  object({ action: text('published', 'deleted'), package: container, sender: object({ login: text('a', '') }) }),
  object({
    'detail-type': text('ECR Image Action'),
    source: text('aws.ecr'),
    id: text('1'),
    account: text('123456789012'),
    region: text('eu-central-1', 'cn-north-1', '../x'),
    time: text('2026-11-24T10:00:00Z', 'now'),
    detail: object({
      'action-type': text('PUSH', 'DELETE'),
      result: text('SUCCESS'),
      'repository-name': text('a/b', ''),
      'image-tag': tag,
      'image-digest': text(digest),
    }),
  }),
  object({ image: text('ghcr.io/a/b:1', `ghcr.io/a/b@${digest}`, 'b', ''), id: text('1', '') }),
);
const headers = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { 'x-github-event': 'package', 'x-github-delivery': '1' },
  { 'x-github-event': 'ping' },
  { 'x-gitlab-event': 'Push Hook' },
);

describe.each(sources)('whatever is sent to $name', ({ name }) => {
  test('is read, passed over or refused, and no tag is a digest', () => {
    let taken = 0;
    fc.assert(
      fc.property(event, headers, (json, sent) => {
        const delivery = read(name, sent, Buffer.from(JSON.stringify(json) ?? ''));
        const { pushes, ignored } = matchRegistries(delivery, claimFor(HOSTS));
        expect(pushes.length + ignored.length).toBe(delivery.pushes.length + delivery.ignored.length);
        expect(ignored.every((reason) => reason !== '')).toBe(true);
        for (const push of pushes) {
          expect(HOSTS).toContain(push.registry);
          expect(push).toMatchObject({ tag: expect.stringMatching(/^\w[\w.-]{0,127}$/) });
          expect(push.digest ?? digest).toMatch(/^sha256:[0-9a-f]{64}$/);
        }
        taken += pushes.length;
      }),
      { numRuns: 1000 },
    );
    // So that the above says something.
    expect(taken).toBeGreaterThan(0);
  });

  test('is read, passed over or refused where it is bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('', 'payload=', '{'), headers, (bytes, start, sent) => {
        expect(read(name, sent, Buffer.concat([Buffer.from(start), bytes])).pushes).toEqual([]);
      }),
    );
  });
});
