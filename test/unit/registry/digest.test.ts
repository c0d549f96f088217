import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOf, isDigest, verifyDigest } from '../../../shared/registry/digest.ts';

const content = Buffer.from('{"schemaVersion":2}');

test.each(['sha256', 'sha384', 'sha512'])('content is held to a digest by %s', (algorithm) => {
  const digest = `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
  expect(digestOf(content, algorithm)).toBe(digest);
  expect(isDigest(digest)).toBe(true);
  expect(() => verifyDigest(content, digest, 'ghcr.io', 'hello:1.0')).not.toThrow();
  const other = digestOf(Buffer.from('other'), algorithm);
  expect(() => verifyDigest(content, other, 'ghcr.io', 'hello:1.0')).toThrow(
    `registry ghcr.io: expected hello:1.0 with the digest ${other}, found ${digest}`,
  );
});

test.each([
  { text: '1.0.0' },
  { text: 'sha256:' },
  { text: `sha256:${'0'.repeat(63)}` },
  { text: `sha256:${'0'.repeat(65)}` },
  { text: `sha256:${'A'.repeat(64)}` },
  { text: `md5:${'0'.repeat(32)}` },
  { text: `sha512:${'0'.repeat(64)}` },
])('$text is no digest', ({ text }) => {
  expect(isDigest(text)).toBe(false);
});
