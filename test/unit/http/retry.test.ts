import { describe, expect, test } from 'vitest';
import { SluiceError } from '../../../shared/errors.ts';
import { TooManyRedirectsError } from '../../../shared/http/redirects.ts';
import { repeatRead } from '../../../shared/http/retry.ts';

const untrusted = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
const circling = new TooManyRedirectsError(5);
const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const refused = new SluiceError({ code: 'git-refused', subject: 'a', found: 'no' });

describe('a read is repeated', () => {
  test.each([
    { name: 'never after an answer', replies: [200], outcome: 200 },
    { name: 'never after a refusal', replies: [404], outcome: 404 },
    { name: 'after a fault of the host', replies: [500, 503, 200], outcome: 200 },
    { name: 'after a broken connection', replies: [reset, 200], outcome: 200 },
    { name: 'as often as there are pauses', replies: [500, 500, 502], outcome: 502 },
    {
      name: 'as often as there are pauses, also when none is answered',
      replies: [reset, reset, reset],
      outcome: reset,
    },
    { name: 'never after a certificate that is not trusted', replies: [untrusted], outcome: untrusted },
    { name: 'never after redirects without end', replies: [circling], outcome: circling },
    { name: 'never after what was decided here', replies: [refused], outcome: refused },
  ])('$name', async ({ replies, outcome }) => {
    const left = [...replies];
    const send = async () => {
      const next = left.shift();
      if (typeof next !== 'number') {
        throw next;
      }
      return { status: next };
    };
    const ended = await repeatRead([1, 1], new AbortController().signal, send).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
    expect([ended, left]).toEqual([outcome, []]);
  });

  test('not after its time', async () => {
    const controller = new AbortController();
    const reason = new Error('late');
    let sent = 0;
    const send = async () => {
      sent += 1;
      controller.abort(reason);
      throw reset;
    };
    await expect(repeatRead([1, 1], controller.signal, send)).rejects.toBe(reset);
    expect(sent).toBe(1);
  });
});
