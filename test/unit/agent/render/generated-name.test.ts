import { expect, test } from 'vitest';
import { renderFiles } from './tree.ts';

const job = (metadata: string, image = 'a:1') =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: { ${metadata} }\nspec: { template: { spec: { containers: [{ name: a, image: "${image}" }] } } }\n`;
async function namesOf(...texts: readonly string[]) {
  const { objects, failures } = await renderFiles({ 'a.yml': texts.join('---\n') });
  return {
    names: objects.map(({ manifest }) => manifest.metadata.name),
    reasons: failures.map(({ reason }) => reason),
  };
}

test('an object with generateName has the same name in each revision, whatever else changes', async () => {
  const { names, reasons } = await namesOf(job('generateName: migrate-'));
  expect(reasons).toEqual([]);
  expect(names).toEqual([expect.stringMatching(/^migrate-[0-9a-f]{8}$/)]);
  expect(await namesOf(job('generateName: migrate-', 'a:2'))).toEqual({ names, reasons });
  const elsewhere = await namesOf(job('generateName: migrate-, namespace: shop'));
  expect(elsewhere.names).not.toEqual(names);
});

test('two with the same generateName are two objects', async () => {
  const text = job('generateName: migrate-');
  const { names, reasons } = await namesOf(text, text, job('generateName: migrate-', 'b:1'));
  expect(reasons).toEqual([]);
  expect(new Set(names).size).toBe(3);
});

test('a name that is written counts, and standing twice is a fault still', async () => {
  const text = job('name: fixed, generateName: migrate-');
  expect(await namesOf(text, text)).toEqual({
    names: ['fixed'],
    reasons: [expect.stringMatching(/^stands in a\.yml:1 and again in a\.yml:\d+$/)],
  });
});

test.each([
  { metadata: `generateName: ${'a'.repeat(80)}`, is: /^a{55}[0-9a-f]{8}$/ },
  { metadata: 'generateName: a-, name: ""', is: /^a-[0-9a-f]{8}$/ },
])('of { $metadata } the name fits', async ({ metadata, is }) => {
  expect((await namesOf(job(metadata))).names).toEqual([expect.stringMatching(is)]);
});

test('a generateName that is nothing makes no name', async () => {
  expect(await namesOf(job('generateName: ""'))).toEqual({
    names: [],
    reasons: ['expected apiVersion, kind and metadata.name'],
  });
});
