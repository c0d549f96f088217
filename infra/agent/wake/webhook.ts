import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpReply, HttpRequest } from '../http/server.ts';

/**
 * The ways in which a caller proves the secret: as a bearer token, and as the webhooks of Git hosts do.
 *
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
const PROOFS: Readonly<Record<string, (secret: string, body: Buffer) => string>> = {
  authorization: (secret) => `Bearer ${secret}`,
  'x-gitlab-token': (secret) => secret,
  'x-hub-signature-256': (secret, body) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
};

/** Answers `POST /nudge`: 202 and a nudge to whoever proves the secret, else 401 without a reason. */
export function wakeRoute(secret: () => Promise<string>, nudge: () => void) {
  return async ({ headers, body }: HttpRequest): Promise<HttpReply> => {
    const expected = await secret();
    // Nobody proves an empty one.
    const isProved =
      expected !== '' &&
      Object.entries(PROOFS).some(([header, prove]) => {
        const given = headers[header];
        return typeof given === 'string' && isSame(given, prove(expected, body));
      });
    if (!isProved) {
      return { status: 401 };
    }
    nudge();
    return { status: 202 };
  };
}

/** Takes as long wherever they differ. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}
