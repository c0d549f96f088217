import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';

/** Those that images may be named by: https://pkg.go.dev/github.com/opencontainers/go-digest#Algorithm */
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

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
  const [algorithm] = isDigest(promised) ? promised.split(':') : [];
  const found = digestOf(content, algorithm);
  if (found !== promised) {
    const expected = `${what} with the digest ${promised}`;
    throw new SluiceError({ code: 'registry-reply-invalid', subject: `registry ${host}`, expected, found });
  }
}
