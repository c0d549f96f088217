import { expect, test } from 'vitest';
import { scanFile } from '../../../shared/manifest/scan.ts';

const MEBIBYTE = 1024 * 1024;
const pod = (name: string, containers: string) =>
  `kind: Pod\nmetadata: { name: ${name} }\nspec: { containers: ${containers} }\n`;
const GOOD = pod('good', '[{ name: a, image: "a:1" }]');
const DEEP = 'more than 200 lists and maps within one another';
const LARGE = 'more than 300000 words and marks';
const UNFOLDED = 'aliases or lists that unfold to more than 50000 fields and items';
const containers = (count: number) => `[${'{ name: a, image: "a:1" },'.repeat(count)}]`;

test.each([
  { name: 'a mebibyte of [', bad: `image: ${'['.repeat(MEBIBYTE)}`, says: DEEP },
  { name: 'a mebibyte of "- "', bad: `image:\n ${'- '.repeat(MEBIBYTE / 2)}`, says: DEEP },
  { name: 'a mebibyte of "? "', bad: `image:\n ${'? '.repeat(MEBIBYTE / 2)}`, says: DEEP },
  { name: 'a great number of empty lists', bad: `image: [${'[],'.repeat(MEBIBYTE / 3)}]`, says: LARGE },
  { name: 'a mebibyte of blank lines', bad: `image: a${'\n'.repeat(MEBIBYTE)}b: c`, says: LARGE },
  {
    name: 'a list of pods that share a list of containers by an alias',
    bad: `kind: List\nx: &x ${containers(500)}\nitems:\n${'- { kind: Pod, metadata: { name: a }, spec: { containers: *x } }\n'.repeat(500)}`,
    says: UNFOLDED,
  },
  {
    name: 'maps that merge in a large one',
    bad: `kind: List\nx: &x { ${Array.from({ length: 1000 }, (_, index) => `k${index}: image`).join(', ')} }\nitems:\n${'- { <<: *x }\n'.repeat(1000)}`,
    says: UNFOLDED,
  },
])('$name is a fault of its own document, and the next one is read', { timeout: 60_000 }, ({ bad, says }) => {
  const { sites, faults } = scanFile('a.yml', `${bad}\n---\n${GOOD}`);
  expect(faults.map(({ found }) => found)).toEqual([says]);
  expect(sites.map(({ object }) => object)).toEqual(['pod/default/good']);
});

test.each([
  { name: 'documents', text: '---\nimage\n'.repeat(5001), says: 'more than 5000 documents' },
  {
    name: 'images',
    text: Array.from({ length: 3 }, (_, index) => pod(`p${index}`, containers(2000))).join('---\n'),
    says: 'more than 5000 images',
  },
])('a file of too many $name has none that count, and says why', ({ text, says }) => {
  const { sites, faults } = scanFile('a.yml', text);
  expect(sites).toEqual([]);
  expect(faults.map(({ message }) => message)).toEqual([
    `a.yml: expected a Kubernetes manifest, found ${says}. Its images stay as they are until it is mended.`,
  ]);
});

test('of many faults twenty are told, and the number of the others', () => {
  const { faults } = scanFile('a.yml', '---\nimage: [\n'.repeat(500));
  expect(faults).toHaveLength(21);
  expect(faults.at(-1)?.found).toBe('480 more faults');
});

test('a fault shows no more than 200 characters of the file', () => {
  const { faults } = scanFile('a.yml', pod('a', `[{ name: a, image: "${'A'.repeat(100_000)}" }]`));
  expect(faults.map(({ found }) => found.length)).toEqual([201]);
});

test('a name of more than 1,024 characters is none, and of an annotation 2,048 are read', () => {
  expect(scanFile('a.yml', pod('a'.repeat(1025), '[{ name: a, image: a }]')).sites).toEqual([]);
  const text = `kind: Pod\nmetadata: { name: a, annotations: { fluxcd.io/automated: "true", fluxcd.io/tag.a: ${'x'.repeat(9999)} } }\nspec: { containers: [{ name: a, image: "a:1" }] }\n`;
  expect(scanFile('a.yml', text).sites.map(({ policy }) => policy?.text.length)).toEqual([2048]);
});
