import { describe, expect, test } from 'vitest';
import { addressOf } from '../../../../shared/git-host/gitlab/repository-address.ts';

describe('the project of a url', () => {
  test.each([
    { url: 'https://gitlab.com/acme/shop.git', host: 'https://gitlab.com', path: 'acme/shop' },
    { url: 'https://gitlab.com/acme/team/shop', host: 'https://gitlab.com', path: 'acme/team/shop' },
    { url: 'http://127.0.0.1:1234/acme/a/b/shop.git/', host: 'http://127.0.0.1:1234', path: 'acme/a/b/shop' },
    { url: 'git@gitlab.com:acme/shop.git', host: 'https://gitlab.com', path: 'acme/shop' },
    { url: 'ssh://git@git.example.com:2222/acme/shop.git', host: 'https://git.example.com', path: 'acme/shop' },
    {
      url: 'https://example.com/gitlab/acme/shop.git',
      api: 'https://example.com/gitlab/api/v4/',
      host: 'https://example.com/gitlab',
      path: 'acme/shop',
    },
    {
      url: 'git@git.example.com:acme/shop.git',
      api: 'https://api.example.com/api/v4',
      host: 'https://api.example.com',
      path: 'acme/shop',
    },
  ])('$url', ({ url, api, host, path }) => {
    expect(addressOf(url, api)).toMatchObject({ host, path, subject: `repository ${url.replace('//git@', '//')}` });
  });

  test.each([
    { url: '/srv/shop.git', api: undefined },
    { url: 'https://gitlab.com/acme/shop.git', api: 'https://gitlab.com/' },
    { url: 'https://gitlab.com/acme/shop.git', api: 'nonsense' },
  ])('is none: $url by $api', ({ url, api }) => {
    expect(() => addressOf(url, api)).toThrow(
      `repository ${url}: expected the url of a project, and of an API that ends in /api/v4, found ${api ?? url}`,
    );
  });

  test('tells nobody of a user in the url', () => {
    expect(addressOf('https://me@gitlab.com/acme/shop.git').subject).toBe(
      'repository https://gitlab.com/acme/shop.git',
    );
  });
});
