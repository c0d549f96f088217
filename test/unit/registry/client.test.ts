import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { clientOf, digestOf, imageOf, type ScriptedServer, serving, start } from './scripted-registry.ts';

const targets = ({ asked }: ScriptedServer) => asked.map(({ method, target }) => `${method} ${target}`);
const CREATED = '2026-11-01T10:00:00.000Z';

describe('the digest of a tag', () => {
  test('is one HEAD for every kind of manifest', async () => {
    const { manifest, digest } = imageOf(CREATED);
    const server = await start(serving({ '1.0': manifest }));
    expect(await clientOf(server).image('hello', '1.0', { created: false })).toEqual({ tag: '1.0', digest });
    expect(targets(server)).toEqual(['HEAD /v2/hello/manifests/1.0']);
    expect(server.asked[0]?.accept?.split(', ')).toEqual([
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.docker.distribution.manifest.list.v2+json',
    ]);
  });

  test('a registry that does not tell it in a header is asked for the manifest', async () => {
    const { manifest, digest } = imageOf(CREATED);
    const server = await start(() => ({ body: manifest }));
    expect(await clientOf(server).image('hello', '1.0', { created: false })).toEqual({ tag: '1.0', digest });
    expect(targets(server)).toEqual(['HEAD /v2/hello/manifests/1.0', 'GET /v2/hello/manifests/1.0']);
  });

  test.each([
    { what: 'not a digest', header: 'latest' },
    { what: 'of another manifest', header: digestOf('other') },
  ])('a header that is $what is refused', async ({ header }) => {
    const { manifest, config } = imageOf(CREATED);
    const server = await start(({ target }) =>
      target.includes('/blobs/') ? { body: config } : { body: manifest, headers: { 'docker-content-digest': header } },
    );
    await expect(clientOf(server).image('hello', '1.0', { created: true })).rejects.toMatchObject({
      code: 'registry-reply-invalid',
      retryable: false,
      message: `registry ${server.host}: expected hello:1.0 with the digest ${header}, found ${digestOf(manifest)}`,
    });
  });
});

describe('the time at which an image was created', () => {
  test('is in the config: two requests, then one', async () => {
    const { manifest, config, digest } = imageOf('2026-11-01T11:00:00.123456789+01:00');
    const server = await start(serving({ '1.0': manifest, latest: manifest }, [config]));
    const client = clientOf(server);
    const created = '2026-11-01T10:00:00.123Z';
    expect(await client.image('hello', '1.0', { created: true })).toEqual({ tag: '1.0', digest, created });
    expect(await client.image('hello', 'latest', { created: true })).toEqual({ tag: 'latest', digest, created });
    expect(targets(server)).toEqual([
      'GET /v2/hello/manifests/1.0',
      `GET /v2/hello/blobs/${digestOf(config)}`,
      'GET /v2/hello/manifests/latest',
    ]);
  });

  test('of a digest that is known costs no request', async () => {
    const { manifest, config, digest } = imageOf(CREATED);
    const server = await start(serving({ '1.0': manifest, [digest]: manifest }, [config]));
    const client = clientOf(server);
    await client.image('hello', '1.0', { created: true });
    expect(await client.image('hello', digest, { created: true })).toEqual({ tag: digest, digest, created: CREATED });
    expect(server.asked).toHaveLength(2);
  });

  const amd64 = imageOf('2026-11-01T10:00:00Z');
  const arm64 = imageOf('2026-11-02T10:00:00Z');
  const attestation = imageOf(undefined);
  const entry = ({ digest }: { readonly digest: string }, os?: string, architecture?: string) =>
    os === undefined ? { digest } : { digest, platform: { os, architecture } };
  test.each([
    {
      what: 'linux/amd64 before others',
      manifests: [
        entry(attestation, 'unknown', 'unknown'),
        entry(arm64, 'linux', 'arm64'),
        entry(amd64, 'linux', 'amd64'),
      ],
      created: '2026-11-01T10:00:00.000Z',
    },
    {
      what: 'the first that is no attestation',
      manifests: [entry(attestation, 'unknown', 'unknown'), entry(arm64, 'linux', 'arm64')],
      created: '2026-11-02T10:00:00.000Z',
    },
    { what: 'one without a platform', manifests: [entry(amd64)], created: '2026-11-01T10:00:00.000Z' },
  ])('of an index: $what, in three requests, then one', async ({ manifests, created }) => {
    const index = { schemaVersion: 2, manifests };
    const images = [amd64, arm64, attestation];
    const server = await start(
      serving(
        { '1.0': index, ...Object.fromEntries(images.map((image) => [image.digest, image.manifest])) },
        images.map(({ config }) => config),
      ),
    );
    const client = clientOf(server);
    const facts = { tag: '1.0', digest: digestOf(index), created };
    expect(await client.image('hello', '1.0', { created: true })).toEqual(facts);
    expect(server.asked).toHaveLength(3);
    expect(await client.image('hello', '1.0', { created: true })).toEqual(facts);
    expect(server.asked).toHaveLength(4);
  });

  test.each([
    { what: 'is left out', created: undefined },
    { what: 'is no time', created: 'yesterday' },
    { what: 'is past what others read', created: '+012026-11-01T10:00:00Z' },
  ])('is unknown where it $what, and that is kept too', async ({ created }) => {
    const { manifest, config, digest } = imageOf(created);
    const server = await start(serving({ '1.0': manifest }, [config]));
    const client = clientOf(server);
    expect(await client.image('hello', '1.0', { created: true })).toEqual({ tag: '1.0', digest, created: undefined });
    await client.image('hello', '1.0', { created: true });
    expect(server.asked).toHaveLength(3);
  });

  test('is never taken from a config that is not the one the manifest names', async () => {
    const { manifest } = imageOf(CREATED);
    const cache = memoryCache();
    const server = await start(({ target }) =>
      target.includes('/blobs/') ? { body: { created: '2030-01-01T00:00:00Z' } } : { body: manifest },
    );
    await expect(clientOf(server, { cache }).image('hello', '1.0', { created: true })).rejects.toMatchObject({
      code: 'registry-reply-invalid',
      message:
        `registry ${server.host}: expected hello@${manifest.config.digest} with the digest ${manifest.config.digest}, ` +
        `found ${digestOf({ created: '2030-01-01T00:00:00Z' })}`,
    });
    expect(await cache.get(`created ${server.host} ${digestOf(manifest)}`)).toBeUndefined();
  });

  test('of an index in an index: is followed once', async () => {
    const inner = { manifests: [entry(amd64, 'linux', 'amd64')] };
    const outer = { manifests: [{ digest: digestOf(inner) }] };
    const server = await start(
      serving({ '1.0': outer, [digestOf(inner)]: inner, [amd64.digest]: amd64.manifest }, [amd64.config]),
    );
    const facts = { tag: '1.0', digest: digestOf(outer), created: '2026-11-01T10:00:00.000Z' };
    expect(await clientOf(server).image('hello', '1.0', { created: true })).toEqual(facts);
    expect(server.asked).toHaveLength(4);
  });

  test('an index in an index in an index is not followed for ever', async () => {
    const last = { manifests: [{ digest: amd64.digest }] };
    const inner = { manifests: [{ digest: digestOf(last) }] };
    const outer = { manifests: [{ digest: digestOf(inner) }] };
    const server = await start(serving({ '1.0': outer, [digestOf(inner)]: inner, [digestOf(last)]: last }));
    const client = clientOf(server);
    const digest = digestOf(outer);
    expect(await client.image('hello', '1.0', { created: true })).toEqual({ tag: '1.0', digest });
    expect(await client.notAnImage('hello', digest)).toBe('indexes within one another, and no end');
    expect(server.asked).toHaveLength(3);
  });
});

describe('a registry that knows a manifest by GET only', () => {
  test.each([400, 403, 404, 405, 406, 501])('and answers HEAD with %i is asked by GET once', async (status) => {
    const { manifest, digest } = imageOf(CREATED);
    const serves = serving({ '1.0': manifest });
    const server = await start((asked) => (asked.method === 'HEAD' ? { status } : serves(asked)));
    expect(await clientOf(server).image('hello', '1.0', { created: false })).toEqual({ tag: '1.0', digest });
    expect(targets(server)).toEqual(['HEAD /v2/hello/manifests/1.0', 'GET /v2/hello/manifests/1.0']);
  });

  test.each([
    { head: 404, get: 404, code: 'registry-not-found', retryable: false, requests: 2 },
    { head: 405, get: 500, code: 'registry-unavailable', retryable: true, requests: 2 },
    { head: 403, get: 403, code: 'registry-unauthorized', retryable: false, requests: 2 },
    { head: 500, get: 200, code: 'registry-unavailable', retryable: true, requests: 1 },
    { head: 410, get: 200, code: 'registry-unavailable', retryable: false, requests: 1 },
  ])('has the last word by it: HEAD $head, GET $get', async ({ head, get, code, retryable, requests }) => {
    const server = await start(({ method }) => ({ status: method === 'HEAD' ? head : get }));
    await expect(clientOf(server).image('hello', '1.0', { created: false })).rejects.toMatchObject({
      code,
      retryable,
      status: requests === 1 ? head : get,
    });
    expect(server.asked).toHaveLength(requests);
  });
});

describe('tags', () => {
  test('of several pages are all there', async () => {
    const server = await start(({ target }) =>
      target.endsWith('last=b')
        ? { body: { tags: ['c'] } }
        : { body: { tags: ['a', 'b'] }, headers: { link: '</v2/hello/tags/list?n=1000&last=b>; rel="next"' } },
    );
    expect(await clientOf(server).tags('hello')).toEqual(['a', 'b', 'c']);
    expect(targets(server)).toEqual(['GET /v2/hello/tags/list?n=1000', 'GET /v2/hello/tags/list?n=1000&last=b']);
  });

  test.each([
    { what: 'null', body: { name: 'hello', tags: null } },
    { what: 'left out', body: { name: 'hello' } },
    { what: 'empty', body: { tags: [] } },
  ])('that are $what are none', async ({ body }) => {
    expect(await clientOf(await start(() => ({ body }))).tags('hello')).toEqual([]);
  });

  test('that no image could be named by are left out', async () => {
    const tags = ['1.0', '', '../../other/manifests/1.0', 'a b', '1.0\n', '-1', `sha256:${'0'.repeat(64)}`, '_1'];
    expect(await clientOf(await start(() => ({ body: { tags } }))).tags('hello')).toEqual(['1.0', '_1']);
  });

  test.each<{ what: string; link: (other: string) => string }>([
    { what: 'at another host', link: (other) => `<${other}/v2/hello/tags/list?n=9&last=b>; rel="next"` },
    { what: 'below another path', link: () => '</api/docker/local/v2/x/hello/tags/list?n=9&last=b>; rel="next"' },
    { what: 'at http instead of https, by a name inside', link: () => '<http://nexus:8081/v2/?n=9&last=b>; rel=next' },
    { what: 'as a query alone', link: () => '<?n=9&last=b>; rel="next"' },
    { what: 'after a title with a comma', link: () => '<?n=9&last=b>; title="x, y"; rel="next"' },
    { what: 'before a title with a comma', link: () => '<?n=9&last=b>; rel="next"; title="a \\"b\\", <c>; rel=d"' },
    { what: 'after another link', link: () => '</first>; rel="first", <?n=9&last=b>; rel="next"' },
    { what: 'with spaces, capitals and two relations', link: () => '<?n=9&last=b> ; REL = "last Next"' },
  ])('the next page $what: only its query counts', async ({ link }) => {
    const other = await start(() => ({ body: { tags: ['stolen'] } }));
    const server = await start(({ target }) =>
      target.endsWith('last=b')
        ? { body: { tags: ['c'] } }
        : { body: { tags: ['a', 'b'] }, headers: { link: link(other.url) } },
    );
    expect(await clientOf(server).tags('hello')).toEqual(['a', 'b', 'c']);
    expect(targets(server)).toEqual(['GET /v2/hello/tags/list?n=1000', 'GET /v2/hello/tags/list?n=9&last=b']);
    expect(other.asked).toEqual([]);
  });

  test.each([
    { what: 'none', link: '' },
    { what: 'for another relation', link: '<?last=b>; rel="prev"; title="rel=next"' },
    { what: 'no address', link: '<http://[>; rel="next"' },
    { what: 'a mere word', link: 'next' },
  ])('a link that is $what ends the list', async ({ link }) => {
    const server = await start(() => ({ body: { tags: ['a'] }, headers: { link } }));
    expect(await clientOf(server).tags('hello')).toEqual(['a']);
    expect(server.asked).toHaveLength(1);
  });

  test('125,000 on one page are all there', async () => {
    const tags = Array.from({ length: 125_000 }, (_, index) => `build-${index}`);
    expect(await clientOf(await start(() => ({ body: { tags } }))).tags('hello')).toEqual(tags);
  });

  test('pages that go in a circle are refused', async () => {
    const server = await start(() => ({
      body: { tags: ['a'] },
      headers: { link: '</v2/hello/tags/list?last=a>; rel="next"' },
    }));
    await expect(clientOf(server).tags('hello')).rejects.toMatchObject({
      code: 'registry-reply-invalid',
      message: `registry ${server.host}: expected at most 1000 pages of tags, found /v2/hello/tags/list?last=a again`,
    });
    expect(server.asked).toHaveLength(2);
  });
});
