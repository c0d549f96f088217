import { expect, test } from 'vitest';
import { quietSeconds, retryAfterSeconds } from '../../../shared/http/retry-after.ts';

const NOW = Date.parse('2026-11-24T00:00:00Z');

test.each([
  { header: '17', seconds: 17 },
  { header: ' 0 ', seconds: 1 },
  { header: 'Tue, 24 Nov 2026 00:01:00 GMT', seconds: 60 },
  { header: 'Tue, 24 Nov 2026 00:00:00 GMT', seconds: 1 },
  { header: '999999', seconds: 3600 },
  { header: 'soon', seconds: 30 },
  { header: '10.5', seconds: 11 },
  { header: '-1', seconds: 30 },
  { header: '+60', seconds: 30 },
  { header: '', seconds: 30 },
  { header: null, seconds: 30 },
  { header: undefined, seconds: 30 },
])('Retry-After: $header is $seconds s of quiet', ({ header, seconds }) => {
  expect(quietSeconds(retryAfterSeconds(header, NOW), 30)).toBe(seconds);
});
