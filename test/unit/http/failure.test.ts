import { expect, test } from 'vitest';
import { connectionFailure } from '../../../shared/http/failure.ts';
import { TooManyRedirectsError } from '../../../shared/http/redirects.ts';

function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const refused = nodeError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1');
const CERTIFICATE =
  'The host must have a certificate that this machine trusts; for an authority of your own set ca in sluice.yml.';

test.each([
  { name: 'nobody listens', error: refused, found: 'connect ECONNREFUSED 127.0.0.1:1', retryable: true },
  {
    name: 'nobody listens at any of its addresses',
    error: new AggregateError([refused, refused]),
    found: 'connect ECONNREFUSED 127.0.0.1:1',
    retryable: true,
  },
  { name: 'a code alone', error: nodeError('EPROTO', ''), found: 'EPROTO', retryable: true },
  { name: 'its time is over', error: AbortSignal.abort().reason, found: 'no answer within 1.5 s', retryable: true },
  {
    name: 'redirects without end are final',
    error: new TooManyRedirectsError(5),
    found: 'more than 5 redirects',
    retryable: false,
  },
  {
    name: 'a certificate that is not trusted is final, and says what to do',
    error: nodeError('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
    found: 'self-signed certificate',
    retryable: false,
    next: CERTIFICATE,
  },
])('$name', ({ error, found, retryable, next }) => {
  const advice = next === undefined ? {} : { next };
  expect(connectionFailure(error, 1500)).toEqual({ found, retryable, ...advice, cause: error });
});
