import { expect, test } from 'vitest';
import { decodeText } from '../../../shared/yaml/text.ts';

const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();
const UTF_16 = Buffer.from('\uFEFFname: wéb 🙂\n', 'utf16le');

test.each([
  { what: 'UTF-8', bytes: Buffer.from('name: wéb 🙂\n') },
  { what: 'UTF-8 with a byte-order mark', bytes: Buffer.from('\uFEFFname: wéb 🙂\n') },
  { what: 'UTF-16 of the little end', bytes: UTF_16 },
  { what: 'UTF-16 of the big end', bytes: swapped(UTF_16) },
])('$what is read', ({ bytes }) => {
  expect(decodeText(bytes)).toBe('name: wéb 🙂\n');
});

test.each([
  { what: 'Latin 1', bytes: Buffer.from('é', 'latin1'), says: 'expected text in UTF-8, found bytes that are none' },
  {
    what: 'half of a pair in UTF-16',
    bytes: Buffer.from([0xff, 0xfe, 0x3d, 0xd8]),
    says: 'expected text in UTF-16LE, found bytes that are none',
  },
])('$what is refused', ({ bytes, says }) => {
  expect(() => decodeText(bytes)).toThrow(says);
});
