import { expect, test } from 'vitest';
import { intoWaves } from '../../../../infra/agent/apply/waves.ts';

const WAVE = 'argocd.argoproj.io/sync-wave';
const HOOK = 'argocd.argoproj.io/hook';
const manifest = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, annotations },
});
const split = (...manifests: ReturnType<typeof manifest>[]) => {
  const { waves, invalid, left } = intoWaves(manifests, (one) => one);
  return {
    waves: waves.map(({ name, objects }) => [name, ...objects.map(({ metadata }) => metadata.name)].join(' ')),
    reasons: [...invalid, ...left].map(([{ metadata }, reason]) => `${metadata.name}: ${reason}`),
  };
};

test('waves go by number, negative ones first, and phases around them', () => {
  const { waves, reasons } = split(
    manifest('post', { [HOOK]: 'PostSync' }),
    manifest('ten', { [WAVE]: '10' }),
    manifest('two', { [WAVE]: '+2' }),
    manifest('none'),
    manifest('sync', { [HOOK]: 'Sync' }),
    manifest('early', { [WAVE]: '-1' }),
    manifest('pre', { [HOOK]: 'PreSync', [WAVE]: '5' }),
    manifest('helm', { 'helm.sh/hook': 'pre-install,pre-upgrade', 'helm.sh/hook-weight': '-3' }),
    manifest('definition', { 'helm.sh/hook': 'crd-install' }),
  );
  expect(reasons).toEqual([]);
  expect(waves).toEqual([
    'PreSync, wave -3 helm',
    'PreSync, wave 5 pre',
    'wave -1 early',
    'wave 0 none sync definition',
    'wave 2 two',
    'wave 10 ten',
    'PostSync, wave 0 post',
  ]);
});

test('annotations that are nothing, or no text, are no fault', () => {
  const nothing = { ...manifest('a'), metadata: { name: 'a', annotations: null as never } };
  const number = manifest('b', { [WAVE]: 3 as never });
  expect(split(nothing, number)).toEqual({ waves: ['wave 0 a', 'wave 3 b'], reasons: [] });
});

test.each([
  { annotations: { [WAVE]: '1.5' }, says: `${WAVE}: expected an integer, found "1.5"` },
  { annotations: { [WAVE]: '' }, says: `${WAVE}: expected an integer, found ""` },
  { annotations: { [HOOK]: 'SyncFail' }, says: `${HOOK}: SyncFail is not run by Sluice` },
])('$annotations belongs into none', ({ annotations, says }) => {
  expect(split(manifest('a', annotations))).toEqual({ waves: [], reasons: [`a: ${says}`] });
});
