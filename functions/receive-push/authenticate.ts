import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Is this text the secret? Takes as long for any text. */
export function isSharedSecret(text: string | undefined, secret: string): boolean {
  return text !== undefined && secret !== '' && timingSafeEqual(digest(text), digest(secret));
}

/** Is this header `Authorization` the secret, alone or after `Bearer`? */
export function isAuthorization(header: string | undefined, secret: string): boolean {
  return isSharedSecret(header, secret) || isSharedSecret(header?.replace(/^bearer +/i, ''), secret);
}

/** Is this header `sha256=<hex>` of the HMAC-SHA256 over these bytes? */
export function isSigned(header: string | undefined, body: Buffer, secret: string): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return isSharedSecret(header?.toLowerCase(), expected) && secret !== '';
}

/** Equal lengths, which the constant-time comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
