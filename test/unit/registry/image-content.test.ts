import { describe, expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { clientOf, digestOf, imageOf, type ScriptedServer, serving, start } from './scripted-registry.ts';

const CREATED = '2026-11-01T10:00:00.000Z';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

const manifestOf = (configType: string | undefined, layerTypes: readonly string[] = [], more: object = {}) => ({
  schemaVersion: 2,
  config: { mediaType: configType, digest: digestOf('config'), size: 2 },
  layers: layerTypes.map((mediaType) => ({ mediaType, digest: digestOf(mediaType), size: 1 })),
  ...more,
});
const targets = ({ asked }: ScriptedServer) => asked.map(({ method, target }) => `${method} ${target}`);

describe('what is an image', () => {
  test.each([
    { what: 'one in the form of OCI', manifest: manifestOf(OCI_CONFIG, [LAYER]) },
    {
      what: "one in Docker's form",
      manifest: manifestOf(DOCKER_CONFIG, ['application/vnd.docker.image.rootfs.diff.tar.gzip']),
    },
    {
      what: 'one whose layers are compressed by zstd, or lie elsewhere',
      manifest: manifestOf(OCI_CONFIG, [
        'application/vnd.oci.image.layer.v1.tar+zstd',
        'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
        'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      ]),
    },
    { what: 'one without layers', manifest: manifestOf(OCI_CONFIG) },
  ])('$what: found by one request, once for each digest', async ({ manifest }) => {
    const digest = digestOf(manifest);
    const server = await start(serving({ [digest]: manifest }));
    const cache = memoryCache();
    for (const client of [clientOf(server, { cache }), clientOf(server, { cache })]) {
      expect(await client.notAnImage('hello', digest)).toBeUndefined();
    }
    expect(targets(server)).toEqual([`GET /v2/hello/manifests/${digest}`]);
  });

  test('whoever has asked for its age asks no more', async () => {
    const { manifest, config, digest } = imageOf(CREATED);
    const server = await start(serving({ '1.0': manifest, [digest]: manifest }, [config]));
    const client = clientOf(server);
    await client.image('hello', '1.0', { created: true });
    expect(await client.notAnImage('hello', digest)).toBeUndefined();
    expect(server.asked).toHaveLength(2);
    expect(await clientOf(server).notAnImage('hello', digest)).toBeUndefined();
  });

  test('its age can be asked for later', async () => {
    const { manifest, config, digest } = imageOf(CREATED);
    const server = await start(serving({ [digest]: manifest }, [config]));
    const client = clientOf(server);
    await client.notAnImage('hello', digest);
    expect(await client.image('hello', digest, { created: true })).toEqual({ tag: digest, digest, created: CREATED });
  });
});

describe('what is no image is named, and has no age', () => {
  test.each([
    {
      what: 'a Helm chart',
      manifest: manifestOf('application/vnd.cncf.helm.config.v1+json', [
        'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      ]),
      found: 'a config of type application/vnd.cncf.helm.config.v1+json',
    },
    {
      what: 'a cache of BuildKit',
      manifest: manifestOf('application/vnd.buildkit.cacheconfig.v0', [LAYER]),
      found: 'a config of type application/vnd.buildkit.cacheconfig.v0',
    },
    {
      what: 'an SPDX document of ORAS',
      manifest: manifestOf('application/vnd.oci.empty.v1+json', ['text/spdx+json'], { artifactType: 'text/spdx+json' }),
      found: 'artifactType text/spdx+json',
    },
    {
      what: "cosign's signature under a tag of one's own",
      manifest: manifestOf(OCI_CONFIG, ['application/vnd.dev.cosign.simplesigning.v1+json']),
      found: 'a layer of type application/vnd.dev.cosign.simplesigning.v1+json',
    },
    {
      what: 'an attestation',
      manifest: manifestOf(OCI_CONFIG, ['application/vnd.in-toto+json']),
      found: 'a layer of type application/vnd.in-toto+json',
    },
    {
      what: 'an image that says that it is something else',
      manifest: manifestOf(OCI_CONFIG, [LAYER], { artifactType: 'application/vnd.example+json' }),
      found: 'artifactType application/vnd.example+json',
    },
    { what: 'a config of no type', manifest: manifestOf(undefined), found: 'a config of type (none)' },
    { what: 'an empty index', manifest: { manifests: [] }, found: 'an index without an image' },
    {
      what: 'an index of what refers to a manifest',
      manifest: {
        manifests: [
          {
            mediaType: OCI_MANIFEST,
            digest: digestOf('s'),
            artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          },
        ],
      },
      found: 'an index without an image',
    },
    {
      what: 'an index of attestations alone',
      manifest: {
        manifests: [
          { mediaType: OCI_MANIFEST, digest: digestOf('a'), platform: { os: 'unknown', architecture: 'unknown' } },
        ],
      },
      found: 'an index without an image',
    },
    {
      what: 'a cache of BuildKit in its older form, an index of layers',
      manifest: {
        mediaType: OCI_INDEX,
        manifests: [
          { mediaType: LAYER, digest: digestOf('layer') },
          { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest: digestOf('cache') },
        ],
      },
      found: 'an index without an image',
    },
  ])('$what', async ({ manifest, found }) => {
    const digest = digestOf(manifest);
    const server = await start(serving({ '1.0': manifest, [digest]: manifest }));
    const client = clientOf(server);
    expect(await client.notAnImage('hello', digest)).toBe(found);
    expect(await client.notAnImage('hello', digest)).toBe(found);
    expect(await clientOf(server).image('hello', '1.0', { created: true })).toEqual({ tag: '1.0', digest });
    expect(targets(server)).toEqual([`GET /v2/hello/manifests/${digest}`, 'GET /v2/hello/manifests/1.0']);
  });

  test.each([
    {
      what: 'a chart in an index',
      child: manifestOf('application/vnd.cncf.helm.config.v1+json'),
      found: 'a config of type application/vnd.cncf.helm.config.v1+json',
    },
    { what: 'an image in an index', child: manifestOf(OCI_CONFIG, [LAYER]), found: undefined },
  ])('$what: its child is looked at', async ({ child, found }) => {
    const index = {
      manifests: [
        { digest: digestOf('attestation'), platform: { os: 'unknown', architecture: 'unknown' } },
        { digest: digestOf(child), platform: { os: 'linux', architecture: 'arm64' } },
      ],
    };
    const digest = digestOf(index);
    const server = await start(serving({ [digest]: index, [digestOf(child)]: child }));
    const client = clientOf(server);
    expect(await client.notAnImage('hello', digest)).toBe(found);
    expect(await client.notAnImage('hello', digest)).toBe(found);
    expect(server.asked).toHaveLength(2);
  });

  test('indexes within one another are not followed for ever; one is', async () => {
    const image = manifestOf(OCI_CONFIG, [LAYER]);
    const within = (inner: object) => ({ manifests: [{ digest: digestOf(inner) }] });
    const [one, two, three] = [within(image), within(within(image)), within(within(within(image)))];
    const server = await start(
      serving(Object.fromEntries([image, one, two, three].map((manifest) => [digestOf(manifest), manifest]))),
    );
    const client = clientOf(server);
    expect(await client.notAnImage('hello', digestOf(two))).toBeUndefined();
    expect(await client.notAnImage('hello', digestOf(three))).toBe('indexes within one another, and no end');
  });
});

describe('the time of a build', () => {
  const labelled = (labels: Readonly<Record<string, string>>, created?: string, annotated?: string) => {
    const config = { created, config: { Labels: labels } };
    const annotations =
      annotated === undefined ? {} : { annotations: { 'org.opencontainers.image.created': annotated } };
    return {
      config,
      manifest: { config: { mediaType: OCI_CONFIG, digest: digestOf(config) }, layers: [], ...annotations },
    };
  };
  const OCI = 'org.opencontainers.image.created';
  const OLD = 'org.label-schema.build-date';
  const day = (number: number) => `2026-11-0${number}T10:00:00Z`;
  test.each([
    { what: 'of its config', image: labelled({ [OCI]: day(1), [OLD]: day(2) }, day(3), day(4)), created: day(3) },
    {
      what: 'of its annotation, where the config says the epoch',
      image: labelled({ [OCI]: day(1) }, '1970-01-01T00:00:00Z', day(4)),
      created: day(4),
    },
    {
      what: "of OCI's label, where the config says the epoch",
      image: labelled({ [OCI]: day(1), [OLD]: day(2) }, '1970-01-01T00:00:00Z'),
      created: day(1),
    },
    {
      what: "of label-schema's label, where the config says 1980",
      image: labelled({ [OLD]: day(2) }, '1980-01-01T00:00:01Z'),
      created: day(2),
    },
    {
      what: "of label-schema's label, where the config says the year 1",
      image: labelled({ [OLD]: day(2) }, '0001-01-01T00:00:00Z'),
      created: day(2),
    },
    {
      what: "of label-schema's label, where OCI's is no time",
      image: labelled({ [OCI]: 'today', [OLD]: day(2) }),
      created: day(2),
    },
    {
      what: 'not known, where all say constants',
      image: labelled({ [OCI]: '1970-01-01T00:00:00Z', [OLD]: '0' }, '1970-01-01T00:00:00Z', '0'),
      created: undefined,
    },
  ])('is that $what', async ({ image: { config, manifest }, created }) => {
    const server = await start(serving({ '1.0': manifest }, [config]));
    const expected = created === undefined ? undefined : new Date(created).toISOString();
    expect((await clientOf(server).image('hello', '1.0', { created: true })).created).toBe(expected);
  });
});
