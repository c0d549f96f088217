import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';

/** The registered algorithms: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms */
const DIGEST = /^(?:(sha256):[0-9a-f]{64}|(sha512):[0-9a-f]{128})$/;

/** Is this text a digest, and not a tag, say? */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** `sha256:…` of some content. */
export function digestOf(content: Buffer, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}

/**
 * Holds content to the digest that it was promised by: what a digest names is believed, and kept, for long.
 *
 * @param what what was asked for, `hello:1.0`
 * @throws SluiceError `registry-reply-invalid`
 */
export function verifyDigest(content: Buffer, promised: string, host: string, what: string): void {
  const [, sha256, sha512] = DIGEST.exec(promised) ?? [];
  const found = digestOf(content, sha256 ?? sha512);
  if (found !== promised) {
    const expected = `${what} with the digest ${promised}`;
    throw new SluiceError({ code: 'registry-reply-invalid', subject: `registry ${host}`, expected, found });
  }
}
