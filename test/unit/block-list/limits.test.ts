import { expect, test } from 'vitest';
import { parseBlockList } from '../../../shared/block-list/block-list.ts';

const KIBIBYTE = 1024;
const entries = (count: number) =>
  Array.from({ length: count }, (_, index) => `- { image: a, tag: 1.0.${index}, reason: broken }\n`).join('');

test('4,000 entries are read', () => {
  expect(parseBlockList(entries(4000)).blocked).toHaveLength(4000);
});

test.each([
  {
    name: 'a map of 25,000 keys, none of which is known',
    text: Array.from({ length: 25_000 }, (_, index) => `k${index}:\n`).join(''),
    says: /expected no key "k0".*; 24980 more\. Mend it by hand\./,
  },
  {
    name: 'a map of 25,000 keys that stand twice',
    text: `blocked: []\n${'x: y\n'.repeat(25_000)}`,
    says: /line 3: expected YAML, found: Map keys must be unique.*; 24979 more\. /,
  },
  {
    name: '25,000 entries that are none',
    text: '- nginx\n'.repeat(25_000),
    says: /line 1: expected a mapping like .*; 24980 more\. /,
  },
  {
    name: 'brackets',
    text: '['.repeat(256 * KIBIBYTE),
    says: /line 1: found more than 20 lists and maps within one another/,
  },
  {
    name: 'dashes',
    text: '- '.repeat(128 * KIBIBYTE),
    says: /line 1: found more than 20 lists and maps within one another/,
  },
  {
    name: 'empty entries',
    text: `[${'{},'.repeat(80 * KIBIBYTE)}]`,
    says: /line 1: found more than 200000 words and marks/,
  },
  {
    name: 'a long text',
    text: '#'.repeat(256 * KIBIBYTE + 1),
    says: /expected at most 262144 characters, found 262145/,
  },
  {
    name: 'a second document',
    text: '- image: a\n---\n- image: b\n',
    says: /line 2: expected one YAML document, found another/,
  },
])('$name: refused with few words', { timeout: 30_000 }, ({ text, says }) => {
  const refusal = (): string => {
    try {
      return JSON.stringify(parseBlockList(text));
    } catch (error) {
      return String(error);
    }
  };
  expect(refusal()).toMatch(says);
  expect(refusal().length).toBeLessThan(7000);
});
