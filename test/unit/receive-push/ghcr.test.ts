import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type FrontDoor, openFrontDoor, RECEIVED_AT } from './front-door.ts';

const SECRET = 'a secret of GitHub';
const DELIVERY = '0b989ba4-242f-11e5-81e1-c7b6966d2516';
const DIGEST = `sha256:${'cd'.repeat(32)}`;
const OTHER_DIGEST = `sha256:${'ef'.repeat(32)}`;

interface Changes {
  readonly event?: object;
  readonly package?: object;
  readonly version?: object;
  /** Of `container_metadata`. */
  readonly tag?: object | null;
}

/** A package as GitHub's container registry tells of it, cut to what stands for something. */
function packageOf({ package: changes, version, tag = {} }: Changes) {
  return {
    id: 9056324,
    name: 'web',
    namespace: 'acme',
    description: null,
    ecosystem: 'CONTAINER',
    package_type: 'CONTAINER',
    html_url: 'https://github.com/acme/packages/9056324',
    created_at: '2026-10-01T08:00:00Z',
    updated_at: '2026-11-24T09:59:58Z',
    owner: { login: 'acme', type: 'Organization' },
    package_version: {
      id: 564296960,
      version: DIGEST,
      name: DIGEST,
      created_at: '0001-01-01T00:00:00Z',
      updated_at: '0001-01-01T00:00:00Z',
      container_metadata: {
        tag: tag === null ? null : { name: '1.0.1', digest: DIGEST, ...tag },
        labels: { description: '', all_labels: {} },
        manifest: { digest: DIGEST, config: { digest: '', media_type: '', size: 0 }, layers: [] },
      },
      package_files: [],
      package_url: 'ghcr.io/acme/web:1.0.1',
      ...version,
    },
    registry: { name: 'GitHub CONTAINER registry', type: 'CONTAINER', url: 'https://CONTAINER.pkg.github.com/acme' },
    ...changes,
  };
}

const eventWith = (changes: Changes = {}) => ({
  action: 'published',
  package: packageOf(changes),
  repository: { full_name: 'acme/web' },
  sender: { login: 'octocat', type: 'User' },
  ...changes.event,
});

const open = (host = 'ghcr.io') => openFrontDoor([{ host, source: 'ghcr', secret: SECRET }]);

function deliver(door: FrontDoor, json: unknown, headers: Readonly<Record<string, string>> = {}) {
  const body = typeof json === 'string' ? json : JSON.stringify(json);
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const own = { 'x-github-event': 'package', 'x-github-delivery': DELIVERY, 'x-hub-signature-256': signature };
  return door.deliver({ path: '/push/ghcr', headers: { ...own, ...headers }, body });
}

const PUSHED = {
  version: 1,
  id: DELIVERY,
  source: 'ghcr',
  registry: 'ghcr.io',
  repository: 'acme/web',
  tag: '1.0.1',
  digest: DIGEST,
  pushedAt: '2026-11-24T09:59:58.000Z',
  actor: 'octocat',
  receivedAt: RECEIVED_AT,
};

describe('a pushed tag is queued where', () => {
  const only = (kind: object) => ({ package: { package_type: undefined, ecosystem: undefined, ...kind } });
  test.each<{ what: string; changes?: Changes; json?: unknown; queued?: object; host?: string }>([
    { what: 'a version is published' },
    { what: 'a version is updated', changes: { event: { action: 'updated' } } },
    { what: 'the action is create', changes: { event: { action: 'create' } } },
    { what: 'the action is created', changes: { event: { action: 'created' } } },
    { what: 'the type is in small letters', changes: { package: { package_type: 'container' } } },
    { what: 'the type is docker', changes: { package: { package_type: 'docker' } } },
    { what: 'there is an ecosystem and no type', changes: only({ ecosystem: 'CONTAINER' }) },
    { what: 'the type is empty', changes: only({ package_type: '', ecosystem: 'docker' }) },
    {
      what: 'an organization writes itself in capitals',
      changes: { version: { package_url: 'ghcr.io/ACME/Web:1.0.1' } },
    },
    { what: 'the URL has no tag', changes: { version: { package_url: 'ghcr.io/acme/web' } } },
    { what: 'the URL has a scheme', changes: { version: { package_url: 'https://ghcr.io/acme/web:1.0.1' } } },
    { what: 'the URL has a digest too', changes: { version: { package_url: `ghcr.io/acme/web:1.0.1@${DIGEST}` } } },
    { what: 'only the URL has the tag', changes: { version: { container_metadata: null } } },
    { what: 'the tag has no name', changes: { tag: { name: null } } },
    { what: 'the metadata has no tag', changes: { tag: null } },
    {
      what: 'the URL has another tag than the metadata',
      changes: { tag: { name: '1.0.2' } },
      queued: { tag: '1.0.2' },
    },
    {
      what: 'the path has several parts',
      changes: { version: { package_url: 'ghcr.io/acme/shop/web:1.0.1' } },
      queued: { repository: 'acme/shop/web' },
    },
    { what: 'there is no URL', changes: { version: { package_url: undefined } } },
    {
      what: 'the URL is none',
      changes: { version: { package_url: '' }, package: { name: 'Web', namespace: 'ACME' } },
    },
    {
      what: 'there is no URL on an Enterprise Server',
      changes: { version: { package_url: null }, package: { html_url: 'https://github.example.com/acme/packages/1' } },
      host: 'containers.github.example.com',
      queued: { registry: 'containers.github.example.com' },
    },
    {
      what: "it is an Enterprise Server's",
      changes: { version: { package_url: 'containers.github.example.com/acme/web:1.0.1' } },
      host: 'containers.github.example.com',
      queued: { registry: 'containers.github.example.com' },
    },
    {
      what: 'its host has a port',
      changes: { version: { package_url: 'github.example.com:8443/acme/web:1.0.1' } },
      host: 'github.example.com:8443',
      queued: { registry: 'github.example.com:8443' },
    },
    {
      what: "the tag has no digest, but the version's name is one",
      changes: { tag: { digest: undefined }, version: { version: DIGEST } },
    },
    {
      what: 'the tag and the version have digests',
      changes: { tag: { digest: OTHER_DIGEST } },
      queued: { digest: OTHER_DIGEST },
    },
    {
      what: 'the digest is cut short',
      changes: { tag: { digest: DIGEST.slice(0, 47) } },
      queued: { digest: undefined },
    },
    {
      what: 'there is no digest',
      changes: { tag: { digest: '' }, version: { version: undefined } },
      queued: { digest: undefined },
    },
    {
      what: 'the time is the year 1',
      changes: { package: { updated_at: '0001-01-01T00:00:00Z' } },
      queued: { pushedAt: RECEIVED_AT },
    },
    { what: 'there is no time', changes: { package: { updated_at: null } }, queued: { pushedAt: RECEIVED_AT } },
    { what: 'nobody sent it', changes: { event: { sender: undefined } }, queued: { actor: undefined } },
    { what: 'its sender has no name', changes: { event: { sender: { login: '' } } }, queued: { actor: undefined } },
  ])('$what', async ({ changes, queued, host }) => {
    const door = open(host);
    const version = { ...changes?.version };
    const reply = await deliver(door, eventWith({ ...changes, version }));
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 1, ignored: [] }]);
    expect(await door.queued()).toEqual([JSON.parse(JSON.stringify({ ...PUSHED, ...queued }))]);
  });
});

describe('the way that GitHub sends it:', () => {
  const { package: pushed, ...rest } = eventWith();
  const form = (json: unknown) => new URLSearchParams({ payload: JSON.stringify(json) }).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  test.each<{ what: string; json: unknown; headers?: Readonly<Record<string, string>>; queued?: object }>([
    {
      what: "an App's event",
      json: { ...rest, registry_package: pushed },
      headers: { 'x-github-event': 'registry_package' },
    },
    { what: 'a form', json: form(eventWith()), headers: type },
    { what: 'a form that does not say so', json: form(eventWith()) },
    { what: 'JSON that is said to be a form', json: eventWith(), headers: type },
    {
      what: 'a form with letters of every kind',
      json: form(eventWith({ event: { sender: { login: 'ü&=+% c' } } })),
      headers: type,
      queued: { actor: 'ü&=+% c' },
    },
  ])('$what', async ({ json, headers, queued }) => {
    const door = open();
    const reply = await deliver(door, json, headers);
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 1, ignored: [] }]);
    expect(await door.queued()).toEqual([{ ...PUSHED, ...queued }]);
  });

  test('a delivery that is sent again keeps its id; one without has that of its content', async () => {
    const door = open();
    const none = { 'x-github-delivery': '' };
    await deliver(door, eventWith());
    await deliver(door, eventWith());
    await deliver(door, eventWith(), none);
    await deliver(door, eventWith(), none);
    await deliver(door, eventWith({ tag: { name: '1.0.2' } }), none);
    const [first, again, made, same, other] = (await door.queued()).map(({ id }) => id);
    expect([first, again]).toEqual([DELIVERY, DELIVERY]);
    expect(made).toMatch(/^[0-9a-f]{32}$/);
    expect(same).toBe(made);
    expect(other).not.toBe(made);
  });
});

describe('is taken and passed over:', () => {
  const tagless = 'a push to acme/web without a tag';
  test.each<{ what: string; changes?: Changes; headers?: Readonly<Record<string, string>>; reason: string }>([
    { what: 'a ping', headers: { 'x-github-event': 'ping' }, reason: 'event ping' },
    { what: 'a push to Git', headers: { 'x-github-event': 'push' }, reason: 'event push' },
    {
      what: 'an event that every object has',
      headers: { 'x-github-event': 'constructor' },
      reason: 'event constructor',
    },
    { what: 'a deleted version', changes: { event: { action: 'deleted' } }, reason: 'action deleted' },
    { what: 'an npm package', changes: { package: { package_type: 'npm' } }, reason: 'a package of type npm' },
    {
      what: "GitHub's sample of an npm package in the ecosystem docker",
      changes: { package: { package_type: 'npm', ecosystem: 'docker' } },
      reason: 'a package of type npm',
    },
    {
      what: 'a package of no type',
      changes: { package: { package_type: null, ecosystem: null } },
      reason: 'a package of type unknown',
    },
    { what: 'an empty tag', changes: { tag: { name: '' } }, reason: tagless },
    { what: 'a URL that ends in a colon', changes: { version: { package_url: 'ghcr.io/acme/web:' } }, reason: tagless },
    {
      what: 'an empty tag and a URL that ends in a colon',
      changes: { tag: { name: '' }, version: { package_url: 'ghcr.io/Acme/web:' } },
      reason: tagless,
    },
    {
      what: 'no tag anywhere, where the version is a digest',
      changes: { tag: null, version: { package_url: 'ghcr.io/acme/web' } },
      reason: tagless,
    },
    { what: 'no version', changes: { package: { package_version: null } }, reason: tagless },
    { what: 'a digest for a tag', changes: { tag: { name: DIGEST } }, reason: 'a push to acme/web by digest' },
    {
      what: 'a digest for a tag in the URL alone',
      changes: { tag: null, version: { package_url: `ghcr.io/acme/web:${DIGEST}` } },
      reason: 'a push to acme/web by digest',
    },
    {
      what: 'a URL with a digest alone',
      changes: { tag: null, version: { package_url: `ghcr.io/acme/web@${DIGEST}` } },
      reason: tagless,
    },
    {
      what: 'neither URL nor name',
      changes: { version: { package_url: null }, package: { name: '' } },
      reason: 'a package without a name',
    },
    {
      what: 'another registry',
      changes: { version: { package_url: 'docker.pkg.github.com/acme/shop/web:1.0.1' } },
      reason: 'docker.pkg.github.com/acme/shop/web:1.0.1 is not of ghcr.io, which this secret is for',
    },
    {
      what: 'a tag that leaves its path',
      changes: { tag: { name: '../../other/manifests/1.0' } },
      reason: 'ghcr.io/acme/web:../../other/manifests/1.0 is not the name of an image',
    },
  ])('$what', async ({ changes, headers, reason }) => {
    const door = open();
    const reply = await deliver(door, eventWith(changes), headers);
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([202, { accepted: 0, ignored: [reason] }]);
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([{ level: 'info', message: 'push ignored', source: 'ghcr', reason }]);
  });
});

describe('is refused with the reason:', () => {
  const expected = 'push: expected an event with a package, found';
  test.each([
    { what: 'broken JSON', json: '{"action":', reason: `${expected} no JSON` },
    { what: 'nothing', json: '', reason: `${expected} no JSON` },
    { what: 'a form with nothing in it', json: 'payload=', reason: `${expected} no JSON` },
    { what: 'a form with broken JSON', json: 'payload=%7B', reason: `${expected} no JSON` },
    { what: 'no package', json: { action: 'published', package: null }, reason: `${expected} none` },
    {
      what: 'a list',
      json: [],
      reason: `${expected} the body: Invalid input: expected object, received array`,
    },
    {
      what: 'a tag that is a number',
      json: eventWith({ tag: { name: 1 } }),
      reason: `${expected} package.package_version.container_metadata.tag.name: Invalid input: expected string, received number`,
    },
    {
      what: 'a name that no queue would take',
      json: eventWith({ event: { sender: { login: 'x'.repeat(300_000) } } }),
      reason: `${expected} sender.login: Too big: expected string to have <=1024 characters`,
    },
  ])('$what', async ({ json, reason }) => {
    const door = open();
    const reply = await deliver(door, json);
    expect([reply.statusCode, JSON.parse(reply.body ?? '')]).toEqual([400, { reason }]);
    expect(await door.queued()).toEqual([]);
  });
});

describe('who does not sign is told nothing:', () => {
  const body = JSON.stringify(eventWith());
  const sign = (text: string, secret = SECRET, hash = 'sha256') =>
    `${hash}=${createHmac(hash, secret).update(text).digest('hex')}`;
  test.each([
    { what: 'no signature', headers: { 'x-hub-signature-256': '' } },
    { what: 'a signature of another body', headers: { 'x-hub-signature-256': sign(`${body} `) } },
    { what: 'a signature by another secret', headers: { 'x-hub-signature-256': sign(body, 'another') } },
    { what: "SHA-1, GitHub's old way", headers: { 'x-hub-signature-256': sign(body, SECRET, 'sha1') } },
    {
      what: 'SHA-1 in its own header alone',
      headers: { 'x-hub-signature-256': '', 'x-hub-signature': sign(body, SECRET, 'sha1') },
    },
    { what: 'the secret itself', headers: { 'x-hub-signature-256': SECRET, authorization: `Bearer ${SECRET}` } },
    {
      what: 'a signature of what is in the form',
      headers: { 'x-hub-signature-256': sign(body) },
      json: new URLSearchParams({ payload: body }).toString(),
    },
    { what: 'a ping without a signature', headers: { 'x-hub-signature-256': '', 'x-github-event': 'ping' } },
  ])('$what', async ({ headers, json = body }) => {
    const door = open();
    expect(await deliver(door, json, headers)).toEqual({ statusCode: 401 });
    expect(await door.queued()).toEqual([]);
  });
});
