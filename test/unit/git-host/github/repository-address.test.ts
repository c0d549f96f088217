import { expect, test } from 'vitest';
import { addressOf } from '../../../../shared/git-host/github/repository-address.ts';

test.each([
  { url: 'https://github.com/acme/shop.git', api: 'https://api.github.com' },
  { url: 'https://github.com/acme/shop/', api: 'https://api.github.com' },
  { url: 'git@github.com:acme/shop.git', api: 'https://api.github.com' },
  { url: 'ssh://git@github.com/acme/shop', api: 'https://api.github.com' },
  { url: 'ssh://git@ssh.github.com:443/acme/shop.git', api: 'https://api.github.com' },
  { url: 'https://octocorp.ghe.com/acme/shop', api: 'https://api.octocorp.ghe.com' },
  { url: 'https://git.example.com/acme/shop.git', api: 'https://git.example.com/api/v3' },
  { url: 'https://git.example.com:8443/acme/shop.git', api: 'https://git.example.com:8443/api/v3' },
  { url: 'ssh://git@git.example.com:2222/acme/shop.git', api: 'https://git.example.com/api/v3' },
  { url: 'http://127.0.0.1:1234/acme/shop', api: 'http://127.0.0.1:1234/api/v3' },
])('$url is asked about at $api', ({ url, api }) => {
  expect(addressOf(url)).toMatchObject({ owner: 'acme', repo: 'shop', api });
});

test('an API that is given counts, without a slash at its end', () => {
  expect(addressOf('https://git.example.com/acme/shop', 'https://api.example.com/v3/').api).toBe(
    'https://api.example.com/v3',
  );
});

test.each([
  { url: 'https://github.com/acme' },
  { url: 'https://github.com/acme/team/shop.git' },
  { url: '/srv/shop.git' },
])('$url names no repository: config-invalid', ({ url }) => {
  expect(() => addressOf(url)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: `repository ${url}: expected https://HOST/OWNER/NAME, found ${url}. Check the url in sluice.yml.`,
    }),
  );
});

test('messages name nobody who logs in', () => {
  expect(addressOf('https://x-access-token@github.com/acme/shop').subject).toBe(
    'repository https://github.com/acme/shop',
  );
});
