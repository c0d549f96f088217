import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { waitFor } from './daemon.ts';
import { makeImage, pushImage } from './images.ts';
import { type RecordingListener, startRecordingListener } from './listener.ts';
import { startDockerRegistry } from './registry.ts';
import { startTokenServer } from './token-server.ts';

interface Event {
  readonly action: string;
  readonly target: { readonly repository: string; readonly tag?: string; readonly digest: string };
  readonly request: { readonly host: string };
}

const credentials = { username: 'pusher', password: 'a secret: with a colon' };
const wrong = { username: 'pusher', password: 'wrong' };
const created = new Date('2026-11-01T10:00:00Z');
const ends: (() => Promise<void>)[] = [];

function ending<T extends { stop(): Promise<void> }>(part: T): T {
  ends.push(() => part.stop());
  return part;
}

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function pushesOf(listener: RecordingListener): readonly Event[] {
  const events = listener.requests().flatMap(({ body }) => (JSON.parse(body) as { events: Event[] }).events);
  return events.filter(({ action }) => action === 'push');
}

describe('images', () => {
  test('have a digest of their options, made once', async () => {
    const image = await makeImage({ created });
    expect(await makeImage({ created })).toBe(image);
    expect(image.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await makeImage({ created, directory: join(import.meta.dirname, 'parts', 'etcd') })).digest).not.toBe(
      image.digest,
    );
    expect((await makeImage({ created: new Date(created.getTime() + 1000) })).digest).not.toBe(image.digest);
    expect((await makeImage({ created, labels: { 'org.example.branch': 'main' } })).digest).not.toBe(image.digest);
  });
});

describe('a real docker-registry', () => {
  test('serves what was pushed: tags, digest, created and labels', async () => {
    const registry = ending(await startDockerRegistry());
    const image = await makeImage({ created, labels: { 'org.example.branch': 'main' } });
    const digest = await pushImage(registry.host, 'team/hello', '1.0.0', image);
    expect(digest).toBe(image.digest);

    const tags = await fetch(`${registry.url}/v2/team/hello/tags/list`);
    expect(await tags.json()).toEqual({ name: 'team/hello', tags: ['1.0.0'] });
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = await fetch(`${registry.url}/v2/team/hello/manifests/1.0.0`, { headers: { accept } });
    expect(manifest.headers.get('docker-content-digest')).toBe(digest);
    const { config } = (await manifest.json()) as { config: { digest: string } };
    const blob = await (await fetch(`${registry.url}/v2/team/hello/blobs/${config.digest}`)).json();
    expect(blob).toMatchObject({
      created: '2026-11-01T10:00:00Z',
      config: { Labels: { 'org.example.branch': 'main' } },
    });
    const served = { method: 'GET', target: '/v2/team/hello/tags/list', status: 200 };
    await waitFor('the access log has it', () => registry.requests().some((line) => line.target === served.target), {
      timeoutMillis: 5000,
    });
    expect(registry.requests()).toContainEqual(served);
  });

  test('converts to a Docker manifest when asked', async () => {
    const registry = ending(await startDockerRegistry());
    const image = await makeImage({ created });
    const digest = await pushImage(registry.host, 'hello', '1.0.0', image, { format: 'v2s2' });
    const accept = 'application/vnd.docker.distribution.manifest.v2+json';
    const manifest = await fetch(`${registry.url}/v2/hello/manifests/1.0.0`, { headers: { accept } });
    expect(manifest.headers.get('content-type')).toBe(accept);
    expect(manifest.headers.get('docker-content-digest')).toBe(digest);
  });

  test('tells its endpoint about a push, with the header that it was given', async () => {
    const listener = await startRecordingListener();
    ends.push(() => listener.close());
    const notify = [{ url: `${listener.url}/push`, headers: { Authorization: 'Bearer push-secret' } }];
    const registry = ending(await startDockerRegistry({ notify }));
    const digest = await pushImage(registry.host, 'team/hello', '1.0.1', await makeImage({ created }));

    const told = () => pushesOf(listener).find(({ target }) => target.tag === '1.0.1');
    const event = await waitFor('the push is told', told, { timeoutMillis: 10_000 });
    expect(event).toMatchObject({ target: { repository: 'team/hello', digest }, request: { host: registry.host } });
    expect(listener.requests()[0]).toMatchObject({ path: '/push', headers: { authorization: 'Bearer push-secret' } });
  });

  test('tells again when its endpoint failed', async () => {
    const listener = await startRecordingListener(503);
    ends.push(() => listener.close());
    const registry = ending(await startDockerRegistry({ notify: [{ url: listener.url }] }));
    await pushImage(registry.host, 'hello', '1.0.0', await makeImage({ created }));
    const repeated = () => {
      const bodies = listener.requests().map(({ body }) => body);
      return bodies.find((body, index) => bodies.indexOf(body) < index);
    };
    const body = await waitFor('an event is sent twice', repeated, { timeoutMillis: 10_000 });
    expect(JSON.parse(body)).toMatchObject({ events: [{ action: 'push', target: { repository: 'hello' } }] });
  });

  test('lets only the right Basic credentials in', async () => {
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'htpasswd', ...credentials } }));
    const image = await makeImage({ created });
    await pushImage(registry.host, 'hello', '1.0.0', image, { credentials });
    await expect(pushImage(registry.host, 'hello', '1.0.1', image, { credentials: wrong })).rejects.toThrow(
      /unauthorized|authentication/,
    );
    await expect(pushImage(registry.host, 'hello', '1.0.1', image)).rejects.toThrow(/unauthorized|authentication/);
  });
});

describe('a real docker-registry with a token server', () => {
  test('challenges, takes the signed token, and pulls with an anonymous one', async () => {
    const server = ending(await startTokenServer({ ...credentials, anonymousPull: true }));
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'token', server } }));
    const image = await makeImage({ created });
    await pushImage(registry.host, 'team/hello', '1.0.0', image, { credentials });
    expect(server.grants()).toContainEqual({
      account: 'pusher',
      access: [{ type: 'repository', name: 'team/hello', actions: expect.arrayContaining(['push', 'pull']) }],
    });

    const target = `${registry.url}/v2/team/hello/tags/list`;
    const challenge = (await fetch(target)).headers.get('www-authenticate');
    expect(challenge).toBe(
      `Bearer realm="${server.realm}",service="${server.service}",scope="repository:team/hello:pull"`,
    );
    const tokenUrl = `${server.realm}?service=${server.service}&scope=repository:team/hello:pull,push`;
    const { token } = (await (await fetch(tokenUrl)).json()) as { token: string };
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    expect((await fetch(target, bearer)).status).toBe(200);
    const upload = await fetch(`${registry.url}/v2/team/hello/blobs/uploads/`, { method: 'POST', ...bearer });
    expect(upload.status).toBe(401);
    await expect(pushImage(registry.host, 'team/hello', '1.0.1', image, { credentials: wrong })).rejects.toThrow(
      /unauthorized|authentication/,
    );
  });

  test('refuses a token that has expired', async () => {
    const server = ending(await startTokenServer({ ...credentials, lifetimeSeconds: -120 }));
    const registry = ending(await startDockerRegistry({ authentication: { kind: 'token', server } }));
    const image = await makeImage({ created });
    await expect(pushImage(registry.host, 'hello', '1.0.0', image, { credentials })).rejects.toThrow(
      /unauthorized|authentication/,
    );
    expect(server.grants().length).toBeGreaterThan(0);
  });
});
