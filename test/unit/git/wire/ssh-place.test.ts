import { expect, test } from 'vitest';
import { quoted, sshPlace } from '../../../../shared/git/wire/ssh-place.ts';

test.each([
  {
    url: 'ssh://git@git.example.com/acme/shop.git',
    host: 'git.example.com',
    port: 22,
    user: 'git',
    path: '/acme/shop.git',
  },
  { url: 'ssh://git.example.com:2222/shop', host: 'git.example.com', port: 2222, user: 'git', path: '/shop' },
  { url: 'ssh://me@[2001:db8::1]:2222/a%20b', host: '2001:db8::1', port: 2222, user: 'me', path: '/a b' },
  { url: 'ssh://me@host/~me/shop', host: 'host', port: 22, user: 'me', path: '~me/shop' },
  { url: 'git@git.example.com:acme/shop.git', host: 'git.example.com', port: 22, user: 'git', path: 'acme/shop.git' },
  { url: 'git.example.com:/srv/a@b.git', host: 'git.example.com', port: 22, user: 'git', path: '/srv/a@b.git' },
])('$url', ({ url, ...place }) => {
  expect(sshPlace(url)).toEqual(place);
});

test.each([
  { path: '/a b', word: "'/a b'" },
  { path: "/it's; rm -rf /", word: "'/it'\\''s; rm -rf /'" },
  { path: '/now!', word: "'/now'\\!''" },
])('$path is one word for a shell', ({ path, word }) => {
  expect(quoted(path)).toBe(word);
});
