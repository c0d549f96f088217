import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { branchRef, repositoryAddress, sshServer, withoutUser } from '../../../shared/git/address.ts';

test.each([
  { url: 'ssh://git@host:2222/hello.git', server: { host: 'host', port: '2222' } },
  { url: 'ssh://host/hello.git', server: { host: 'host', port: undefined } },
  { url: 'git@host:2222/hello.git', server: { host: 'host', port: undefined } },
  { url: 'https://git@host:2222/hello.git', server: undefined },
  { url: '/srv/git@host:x', server: undefined },
])('the server of SSH that $url leads to', ({ url, server }) => {
  expect(sshServer(url)).toEqual(server);
});

describe('a repository', () => {
  test.each([
    { url: 'https://gitlab.com/lucj/hello.git', address: 'https://gitlab.com/lucj/hello.git' },
    { url: 'http://127.0.0.1:3000/hello.git', address: 'http://127.0.0.1:3000/hello.git' },
    { url: 'https://oauth2@gitlab.com/lucj/hello.git', address: 'https://oauth2@gitlab.com/lucj/hello.git' },
    { url: 'ssh://git@host:2222/hello.git', address: 'ssh://git@host:2222/hello.git' },
    { url: 'git@gitlab.com:lucj/hello.git', address: 'git@gitlab.com:lucj/hello.git' },
    { url: 'host:hello.git', address: 'host:hello.git' },
    { url: 'file:///srv/hello.git', address: 'file:///srv/hello.git' },
    { url: '/srv/hello.git', address: '/srv/hello.git' },
    // Git runs in the mirror: a path is meant from where Sluice runs.
    { url: '../hello.git', address: resolve('../hello.git') },
    { url: './a:b', address: resolve('a:b') },
    // No host begins with a dash.
    { url: 'git@-oProxyCommand=x:y', address: resolve('git@-oProxyCommand=x:y') },
  ])('$url', ({ url, address }) => {
    expect(repositoryAddress(url)).toBe(address);
  });

  const places = 'https://…, ssh://…, user@host:path, file://… or a path';
  test.each([
    { name: 'nothing', url: '', says: `expected ${places}, found ""` },
    { name: 'an option', url: '--upload-pack=touch /tmp/x', says: `expected ${places}, found "--upload-pack` },
    { name: 'an option as a host', url: 'ssh://-oProxyCommand=x/y', says: `expected ${places}` },
    { name: 'an option as a host, short', url: '-oProxyCommand=x:y', says: `expected ${places}` },
    { name: 'a user and an option', url: 'ssh://git@-oProxyCommand=x/y', says: `expected ${places}` },
    { name: 'a helper that runs commands', url: 'ext::sh -c x', says: `expected ${places}` },
    { name: 'a helper behind which a path is', url: 'fd::17/x', says: `expected ${places}` },
    { name: 'another protocol', url: 'git://host/hello.git', says: `expected ${places}` },
    { name: 'a line break', url: 'https://host/a\nb', says: `expected ${places}` },
    {
      name: 'a password',
      url: 'https://user:secret@host/hello.git',
      says: 'expected a url without a password, found https://host/hello.git. Give the password as the credentials',
    },
  ])('not $name', ({ url, says }) => {
    expect(() => repositoryAddress(url)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(says) }),
    );
    expect(() => repositoryAddress(url)).not.toThrow(/secret/);
  });
});

describe('a branch', () => {
  test.each([{ branch: 'main' }, { branch: 'release/1.0' }, { branch: 'größe' }, { branch: 'a-b_c.d+e' }])(
    '$branch',
    ({ branch }) => {
      expect(branchRef(branch)).toBe(`refs/heads/${branch}`);
    },
  );

  test.each(
    [
      '',
      '-a',
      'a b',
      'a..b',
      'a~1',
      'a^',
      'a:b',
      'a?',
      'a*',
      'a[b',
      'a\\b',
      'a@{1}',
      '/a',
      'a/',
      'a//b',
      '.a',
      'a.',
      'a/.b',
      'a.lock',
      'a.lock/b',
      'a\u007F',
      'a\n',
    ].map((branch) => ({ branch })),
  )('not $branch', ({ branch }) => {
    expect(() => branchRef(branch)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        message: `repository: expected the name of a branch, found ${JSON.stringify(branch)}`,
      }),
    );
  });
});

test('for people: without who logs in', () => {
  expect(withoutUser('a https://user:secret@host/x ssh://git@host/y b@c')).toBe('a https://host/x ssh://host/y b@c');
});
