import { expect, test } from 'vitest';
import { repositoryName } from '../../../shared/git-host/repository-name.ts';

test.each([
  { url: 'https://github.com/acme/shop.git', name: 'github.com/acme/shop' },
  { url: 'https://user:secret@GitHub.com/acme/shop/', name: 'github.com/acme/shop' },
  { url: 'git@github.com:acme/shop.git', name: 'github.com/acme/shop' },
  { url: 'ssh://git@github.com/acme/shop', name: 'github.com/acme/shop' },
  { url: 'http://127.0.0.1:8080/acme/team/shop.git', name: '127.0.0.1:8080/acme/team/shop' },
  { url: '/srv/git/shop.git', name: '/srv/git/shop' },
])('$url is $name', ({ url, name }) => {
  expect(repositoryName(url)).toBe(name);
});
