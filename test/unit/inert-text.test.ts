import { expect, test } from 'vitest';
import { inertText } from '../../shared/inert-text.ts';

test.each([
  'regexp:^v[0-9]+$',
  'regexp:^((?!tmp).)*$',
  'regexp:^[a-z]{3}-\\d+$',
  'glob:main-*',
  'semver:~1.2 || !=1.5.0, >=1',
  'semver:!=1',
  'k8s/über straße/app.yml',
  'deployment/default/close-1',
  'fix the build',
  'RELEASE-12*',
])('%j stays as it is', (text) => {
  expect(inertText(text)).toBe(text);
});

test.each([
  ['[skip ci]', '%5Bskip ci]'],
  ['[CI SKIP]', '%5BCI SKIP]'],
  ['[ci-skip] [no ci] [skip actions] [actions skip]', '%5Bci-skip] %5Bno ci] %5Bskip actions] %5Bactions skip]'],
  ['***NO_CI***', '%2A**NO_CI***'],
  ['@everyone, @acme/ops', '%40everyone, %40acme/ops'],
  ['Closes #1, resolves acme/web#2', 'Closes %231, resolves acme/web%232'],
  ['fix GH-12', 'fix GH%2D12'],
  ['Implements: issue PROJ-1', 'Implements: issue PROJ%2D1'],
  ['see !12', 'see %2112'],
  ['closes https://git.example.com/acme/web/issues/1', 'closes https%3A//git.example.com/acme/web/issues/1'],
  ['a\u202eb\u200b', 'a%E2%80%AEb%E2%80%8B'],
  ['\ud800', '%EF%BF%BD'],
])('%j becomes %j', (text, inert) => {
  expect(inertText(text)).toBe(inert);
});

test('a long text of beginnings takes no long time', () => {
  const text = `${'['.repeat(50_000)}${'closes '.repeat(10_000)}`;
  expect(inertText(text)).toBe(text);
});
