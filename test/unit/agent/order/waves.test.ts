import { expect, test } from 'vitest';
import { intoWaves } from '../../../../infra/agent/order/waves.ts';

const WAVE = 'argocd.argoproj.io/sync-wave';
const HOOK = 'argocd.argoproj.io/hook';
const manifest = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, annotations },
});
const split = (...manifests: ReturnType<typeof manifest>[]) => {
  const { waves, onFailure, invalid } = intoWaves(manifests, (one) => one);
  return {
    waves: [...waves, ...onFailure].map(({ name, objects }) =>
      [name, ...objects.map(({ metadata }) => metadata.name)].join(' '),
    ),
    reasons: invalid.map(({ object, phase, reason }) => `${object.metadata.name}, ${phase}: ${reason}`),
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
    manifest('both', { [HOOK]: 'PostSync, PreSync' }),
    manifest('argo', { [HOOK]: 'Sync', 'helm.sh/hook': 'pre-install' }),
    manifest('fail', { [HOOK]: 'SyncFail' }),
  );
  expect(reasons).toEqual([]);
  expect(waves).toEqual([
    'PreSync, wave -3 helm',
    'PreSync, wave 0 both',
    'PreSync, wave 5 pre',
    'wave -1 early',
    'wave 0 none sync definition argo',
    'wave 2 two',
    'wave 10 ten',
    'PostSync, wave 0 post both',
    'SyncFail, wave 0 fail',
  ]);
});

test('annotations that are nothing, or no text, are no fault', () => {
  const nothing = { ...manifest('a'), metadata: { name: 'a', annotations: null as never } };
  const number = manifest('b', { [WAVE]: 3 as never });
  expect(split(nothing, number)).toEqual({ waves: ['wave 0 a', 'wave 3 b'], reasons: [] });
});

const KNOWN = 'PreSync, Sync, PostSync, SyncFail, Skip, PreDelete, PostDelete';
test.each([
  { annotations: { [WAVE]: '1.5' }, says: `a, Sync: ${WAVE}: expected an integer, found "1.5"` },
  {
    annotations: { [WAVE]: 'x'.repeat(1_000_000) },
    says: `a, Sync: ${WAVE}: expected an integer, found "${'x'.repeat(60)}…"`,
  },
  { annotations: { [WAVE]: '' }, says: `a, Sync: ${WAVE}: expected an integer, found ""` },
  { annotations: { [WAVE]: 'x', [HOOK]: 'PostSync' }, says: `a, PostSync: ${WAVE}: expected an integer, found "x"` },
  { annotations: { [HOOK]: 'PreSnyc' }, says: `a, PreSync: ${HOOK}: expected ${KNOWN}, found "PreSnyc"` },
  { annotations: { [HOOK]: '' }, says: `a, PreSync: ${HOOK}: expected ${KNOWN}, found ""` },
  { annotations: { [HOOK]: 'constructor' }, says: `a, PreSync: ${HOOK}: expected ${KNOWN}, found "constructor"` },
  {
    annotations: { 'helm.sh/hook': 'pre-upgrade,pre-instal' },
    says:
      'a, PreSync: helm.sh/hook: expected pre-install, pre-upgrade, post-install, post-upgrade, crd-install, pre-delete, ' +
      'post-delete, pre-rollback, post-rollback, test, test-success, test-failure, found "pre-instal"',
  },
])('of $annotations it is not known into which it belongs', ({ annotations, says }) => {
  expect(split(manifest('a', annotations))).toEqual({ waves: [], reasons: [says] });
});

const object = (apiVersion: string, kind: string, name: string, place: string, more: object = {}) => {
  const [hook, wave] = place.split(' ');
  const annotations = { ...(hook !== 'Sync' && { [HOOK]: hook }), [WAVE]: wave };
  return { apiVersion, kind, metadata: { name, annotations, ...more } } as ReturnType<typeof manifest>;
};
const definition = (kind: string, place: string) => ({
  ...object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${kind.toLowerCase()}s.example.com`, place),
  spec: { group: 'example.com', names: { kind }, versions: [{ name: 'v1', served: true }] },
});

test.each([
  {
    what: 'A namespace comes with the first wave that has something in it',
    objects: [
      object('v1', 'Namespace', 'shop', 'Sync 3'),
      object('batch/v1', 'Job', 'migrate', 'PreSync -2', { namespace: 'shop' }),
      object('v1', 'ConfigMap', 'late', 'Sync 5', { namespace: 'shop' }),
    ],
    waves: ['PreSync, wave -2 shop migrate', 'wave 5 late'],
  },
  {
    what: 'A namespace that is a hook of a later phase does so too',
    objects: [
      object('v1', 'Namespace', 'shop', 'PostSync 0'),
      object('v1', 'ConfigMap', 'a', 'Sync 0', { namespace: 'shop' }),
    ],
    waves: ['wave 0 shop a'],
  },
  {
    what: 'A definition comes with the first object of its kind, in whatever version',
    objects: [
      definition('Widget', 'Sync 2'),
      object('example.com/v2', 'Widget', 'w', 'Sync -1'),
      object('example.org/v1', 'Widget', 'foreign', 'Sync -3'),
    ],
    waves: ['wave -3 foreign', 'wave -1 widgets.example.com w'],
  },
  {
    what: 'What comes early enough stays where it is',
    objects: [
      object('v1', 'Namespace', 'shop', 'PreSync 0'),
      definition('Widget', 'Sync -1'),
      object('example.com/v1', 'Widget', 'w', 'Sync 0', { namespace: 'shop' }),
    ],
    waves: ['PreSync, wave 0 shop', 'wave -1 widgets.example.com', 'wave 0 w'],
  },
  {
    what: 'A kind of another group that is called Namespace is none',
    objects: [
      object('example.com/v1', 'Namespace', 'shop', 'Sync 1'),
      object('v1', 'ConfigMap', 'a', 'Sync 0', { namespace: 'shop' }),
    ],
    waves: ['wave 0 a', 'wave 1 shop'],
  },
])('$what', ({ objects, waves }) => {
  expect(split(...objects)).toEqual({ waves, reasons: [] });
});
