import { expect, test } from 'vitest';
import { httpFailure } from '../../../../shared/git/wire/http-failure.ts';

const CHECK = 'Check the credentials of this repository in sluice.yml: they must be allowed to read it and to push.';
const CHECK_URL = 'Check the url and the branch in sluice.yml.';

test.each([
  {
    status: 401,
    isKnown: true,
    code: 'git-unauthorized',
    message: `HTTP 401: the credentials were not accepted. ${CHECK}`,
  },
  {
    status: 401,
    isKnown: false,
    code: 'git-unauthorized',
    message: `HTTP 401: it wants credentials, and none are given. ${CHECK}`,
  },
  {
    status: 401,
    words: 'Unauthorized\n',
    code: 'git-unauthorized',
    message: `HTTP 401: the credentials were not accepted. ${CHECK}`,
  },
  {
    status: 401,
    words: 'Please create and use a personal access token on the user settings page',
    code: 'git-unauthorized',
    message: `HTTP 401: the credentials were not accepted: Please create and use a personal access token on the user settings page. ${CHECK}`,
  },
  {
    status: 403,
    words: 'Write access\n not granted.',
    code: 'git-unauthorized',
    message: `HTTP 403: Write access not granted. ${CHECK}`,
  },
  {
    status: 403,
    words: 'This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests.',
    code: 'git-refused',
    message:
      'HTTP 403: This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests. Take the repository out of the archive, or out of sluice.yml.',
  },
  { status: 404, code: 'git-not-found', message: `HTTP 404. ${CHECK_URL}` },
  {
    status: 301,
    location: 'https://git.example.com/new/shop.git/info/refs?service=git-upload-pack',
    code: 'git-not-found',
    message: `HTTP 301: it has moved to https://git.example.com/new/shop.git. ${CHECK_URL}`,
  },
  {
    status: 413,
    words: 'too large',
    code: 'git-refused',
    message: 'HTTP 413: too large. Allow the account of these credentials to push to the branch.',
  },
  {
    status: 429,
    code: 'git-rate-limited',
    retryable: true,
    message: 'HTTP 429: too many requests; it asks to wait 5 s',
  },
  { status: 502, code: 'git-unavailable', retryable: true, message: 'HTTP 502' },
])('$status: $code', ({ status, code, message, words = '', isKnown = true, retryable = false, location }) => {
  const answer = { status, words, isKnown, waitSeconds: 5, ...(location === undefined ? {} : { location }) };
  expect(httpFailure('repository r', answer)).toMatchObject({ code, retryable, message: `repository r: ${message}` });
});
