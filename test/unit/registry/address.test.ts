import { describe, expect, test } from 'vitest';
import { isSluiceError } from '../../../shared/errors.ts';
import { isForbidden, refuseForbiddenHost } from '../../../shared/registry/address.ts';
import { registryHttp } from '../../../shared/registry/http.ts';
import { ownHosts } from '../../../shared/registry/own-hosts.ts';
import { clientOf, imageOf, serving, start } from './scripted-registry.ts';

test.each([
  { address: '169.254.169.254', what: 'the metadata of clouds' },
  { address: '169.254.170.2', what: 'the credentials of containers on AWS' },
  { address: '100.100.100.200', what: 'the metadata of Alibaba' },
  { address: 'fd00:ec2::254', what: 'the metadata of AWS by IPv6' },
  { address: '127.0.0.1', what: 'loopback' },
  { address: '127.255.255.254', what: 'the end of loopback' },
  { address: '::1', what: 'loopback by IPv6' },
  { address: '0.0.0.0', what: 'this host' },
  { address: '::', what: 'this host by IPv6' },
  { address: '10.1.2.3', what: 'private' },
  { address: '172.16.0.1', what: 'private' },
  { address: '172.31.255.255', what: 'the end of private' },
  { address: '192.168.0.1', what: 'private' },
  { address: '224.0.0.1', what: 'multicast' },
  { address: '255.255.255.255', what: 'broadcast' },
  { address: 'fe80::1', what: 'link-local' },
  { address: 'fe80::1%eth0', what: 'link-local with a zone' },
  { address: 'fc00::1', what: 'unique local' },
  { address: 'ff02::1', what: 'multicast by IPv6' },
  { address: '::ffff:127.0.0.1', what: 'loopback as IPv6' },
  { address: '::ffff:a9fe:a9fe', what: 'the metadata of clouds as IPv6' },
  { address: '64:ff9b::a9fe:a9fe', what: 'the metadata of clouds through NAT64' },
  { address: '64:ff9b::10.0.0.1', what: 'private through NAT64' },
  { address: '::7f00:1', what: 'loopback as IPv6 in the old way' },
  { address: '2002:a9fe:a9fe::1', what: 'the metadata of clouds through 6to4' },
  { address: '168.63.129.16', what: 'the metadata of Azure' },
  { address: '::ffff:168.63.129.16', what: 'the metadata of Azure as IPv6' },
  { address: '64:ff9b::168.63.129.16', what: 'the metadata of Azure through NAT64' },
  { address: '2001::a9fe:a9fe', what: 'Teredo' },
  { address: '2001:1ff:ffff::1', what: 'the end of the protocols of IETF' },
  { address: '100::1', what: 'discarded' },
  { address: '100:0:0:1::1', what: 'a dummy' },
  { address: 'fec0::1', what: 'site-local' },
  { address: '::ffff:0:127.0.0.1', what: 'loopback, translated' },
  { address: '::ffff:0:a9fe:a9fe', what: 'the metadata of clouds, translated' },
  { address: '::FFFF:7F00:1', what: 'loopback as IPv6 in capitals' },
  { address: '::ffff:0.0.0.0', what: 'this host as IPv6' },
  { address: '192.88.99.1', what: '6to4 relays' },
  { address: '192.0.2.1', what: 'documentation' },
  { address: '198.51.100.1', what: 'documentation' },
  { address: '203.0.113.255', what: 'documentation' },
  { address: '2001:db8::1', what: 'documentation by IPv6' },
  { address: '3fff::1', what: 'documentation by IPv6' },
  { address: '5f00::1', what: 'segment routing' },
  { address: 'fec0::1%eth0', what: 'site-local with a zone' },
])('$address ($what) is forbidden', ({ address }) => {
  expect(isForbidden(address)).toBe(true);
});

test.each([
  { address: '8.8.8.8' },
  { address: '172.15.255.255' },
  { address: '172.32.0.1' },
  { address: '100.63.255.255' },
  { address: '223.255.255.255' },
  { address: '169.253.1.1' },
  { address: '2606:4700::1111' },
  { address: '::ffff:8.8.8.8' },
  { address: '64:ff9b::8.8.8.8' },
  { address: '168.63.129.15' },
  { address: '192.88.98.1' },
  { address: '2001:200::1' },
  { address: '2001:4860:4860::8888' },
  { address: '101::1' },
])('$address is public', ({ address }) => {
  expect(isForbidden(address)).toBe(false);
});

test.each([{ host: 'registry.example.com' }, { host: '8.8.8.8' }, { host: '[2606:4700::1111]' }])(
  '$host may be looked up',
  ({ host }) => {
    expect(() => refuseForbiddenHost(host)).not.toThrow();
  },
);

describe('a registry on the internet sends us', () => {
  const client = registryHttp('https://registry.example.com', 5000);
  const request = (url: string) => ({ url: new URL(url), maxBytes: 1000 });

  test.each([
    { to: 'http://169.254.169.254/latest/meta-data/', host: '169.254.169.254', address: '169.254.169.254' },
    { to: 'https://10.0.0.1/', host: '10.0.0.1', address: '10.0.0.1' },
    { to: 'http://2852039166/', host: '169.254.169.254', address: '169.254.169.254' },
    { to: 'http://[::ffff:169.254.169.254]/', host: '[::ffff:a9fe:a9fe]', address: '::ffff:a9fe:a9fe' },
  ])('to $to: refused', async ({ to, host, address }) => {
    await expect(client(request(to))).rejects.toMatchObject({
      code: 'registry-address-forbidden',
      retryable: false,
      message:
        `host ${host}: expected a public address, since it is not the configured registry, found ${address}. ` +
        'A registry may send us to its own host and to public ones only; ' +
        'name a host of yours under its alsoAt in sluice.yml.',
    });
  });

  test('to a name that leads to this machine: refused, and not asked', async () => {
    const server = await start(() => ({ body: 'secret' }));
    const { port } = new URL(server.url);
    await expect(client(request(`http://localhost:${port}/`))).rejects.toMatchObject({
      code: 'registry-address-forbidden',
      subject: 'host localhost',
    });
    expect(server.asked).toEqual([]);
  });
});

test('a registry on a private address may send us to another port of its host', async () => {
  const server = await start(() => ({ body: 'token' }));
  // A forbidden address that leads to this machine and is not known as loopback.
  const url = new URL(server.url.replace('127.0.0.1', '0.0.0.0'));
  expect(await registryHttp('http://0.0.0.0:1', 5000)({ url, maxBytes: 1000 })).toMatchObject({ status: 200 });
  await expect(registryHttp('http://10.0.0.1:1', 5000)({ url, maxBytes: 1000 })).rejects.toMatchObject({
    code: 'registry-address-forbidden',
    subject: 'host 0.0.0.0',
  });
});

test.each([
  { what: 'its host, on any port', alsoAt: ['0.0.0.0'], found: 'asked' },
  { what: 'its host and port', alsoAt: ['minio.corp', '0.0.0.0:PORT'], found: 'asked' },
  { what: 'another port', alsoAt: ['0.0.0.0:1'], found: 'registry-address-forbidden' },
  { what: 'another host', alsoAt: ['minio.corp', '10.0.0.1'], found: 'registry-address-forbidden' },
  { what: 'nothing', alsoAt: [], found: 'registry-address-forbidden' },
])('a private blob store where the operator names $what: $found', async ({ alsoAt, found }) => {
  const server = await start(() => ({ body: 'blob' }));
  const url = new URL(server.url.replace('127.0.0.1', '0.0.0.0'));
  const named = alsoAt.map((host) => host.replace('PORT', url.port));
  const reply = registryHttp('https://registry.example.com', 5000, named)({ url, maxBytes: 1000 });
  expect(
    await reply.then(
      () => 'asked',
      (error: unknown) => isSluiceError(error) && error.code,
    ),
  ).toBe(found);
  expect(server.asked).toHaveLength(found === 'asked' ? 1 : 0);
});

test.each([
  { named: 'minio.corp:443', at: 'https://minio.corp/blob', is: true },
  { named: 'minio.corp:80', at: 'http://minio.corp/blob', is: true },
  { named: 'minio.corp:443', at: 'http://minio.corp/blob', is: false },
  { named: 'minio.corp', at: 'https://evil.minio.corp/', is: false },
  { named: 'minio.corp', at: 'https://minio.corp.evil.example/', is: false },
  { named: 'minio.corp', at: 'https://minio.corp@evil.example/', is: false },
  { named: '[fd00::1]:9000', at: 'http://[fd00:0::1]:9000/', is: true },
])('$named names $at: $is', ({ named, at, is }) => {
  expect(ownHosts('https://registry.corp', [named])(new URL(at))).toBe(is);
});

describe('a redirect to another origin', () => {
  const credentials = { username: 'puller', password: 'secret' };
  const { manifest, config } = imageOf('2026-11-01T10:00:00Z');
  const serves = serving({ '1.0': manifest }, [config]);
  const created = '2026-11-01T10:00:00.000Z';
  const isBlob = (target: string) => target.includes('/blobs/');

  test.each([301, 302, 303, 307, 308])('by %i is followed without our credentials', async (status) => {
    const store = await start(() => ({ body: config }));
    const server = await start((asked) => {
      if (asked.authorization === undefined) {
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
      }
      return isBlob(asked.target) ? { status, headers: { location: `${store.url}/blob?signed=1` } } : serves(asked);
    });
    expect(await clientOf(server, { credentials }).image('hello', '1.0', { created: true })).toMatchObject({ created });
    expect(store.asked).toMatchObject([{ method: 'GET', target: '/blob?signed=1', authorization: undefined }]);
  });

  test('of a registry on this machine is followed to this machine only, or to public addresses', async () => {
    const server = await start(() => ({ status: 307, headers: { location: 'http://169.254.169.254/token' } }));
    await expect(clientOf(server).tags('hello')).rejects.toMatchObject({
      code: 'registry-address-forbidden',
      subject: 'host 169.254.169.254',
    });
  });

  test('keeps our credentials within the registry', async () => {
    const server = await start((asked) => {
      if (asked.authorization === undefined) {
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
      }
      return isBlob(asked.target)
        ? { status: 307, headers: { location: '/moved' } }
        : (moved(asked.target) ?? serves(asked));
    });
    const moved = (target: string) => (target === '/moved' ? { body: config } : undefined);
    expect(await clientOf(server, { credentials }).image('hello', '1.0', { created: true })).toMatchObject({ created });
    expect(server.asked.at(-1)).toMatchObject({ target: '/moved', authorization: expect.stringMatching(/^Basic /) });
  });
});
