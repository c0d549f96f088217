import { describe, expect, test } from 'vitest';
import { readManifests } from '../../../../infra/agent/render/manifests.ts';
import { renderTree } from '../../../../infra/agent/render/render-tree.ts';
import { openRenderer } from '../../../../infra/agent/render/renderer.ts';
import { FOR_CHARTS, renderSettings, toolsOf, writeTree } from './tree.ts';

/** Reads one text; what SOPS would make of it is given beside. */
async function readOne(text: string, clear = '', variables: Readonly<Record<string, string>> = {}) {
  return readManifests(
    { subject: 'a.yaml', text, format: 'yaml', isRendered: false, placeOf: (line) => `a.yaml:${line}` },
    {
      decrypt: async () => clear,
      variables: new Map(Object.entries(variables)),
      secretVariables: new Set(['PASS', 'PIN']),
    },
  );
}

const SOPS = 'sops: { mac: "ENC[AES256_GCM,data:x]" }\n';
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n';

describe('what is secret goes with what is rendered', () => {
  test.each([
    {
      what: "a Secret's data, as it stands there and decoded, and its stringData",
      text: `${SECRET}data: { a: aHVudGVyMg== }\nstringData: { b: correct-horse, c: 48151623 }\n`,
      secrets: ['aHVudGVyMg==', 'correct-horse', '48151623', 'hunter2'],
    },
    {
      what: 'a Secret of a list',
      text: `apiVersion: v1\nkind: List\nitems:\n- ${SECRET.trim().replaceAll('\n', '\n  ')}\n  stringData: { b: correct-horse }\n`,
      secrets: ['correct-horse'],
    },
    {
      what: 'what SOPS decrypted, and not what stood in clear',
      text: `${CONFIG_MAP}data: { open: shown, deep: { locked: "ENC[AES256_GCM,data:1]" } }\n${SOPS}`,
      clear: `${CONFIG_MAP}data: { open: shown, deep: { locked: correct-horse } }\n`,
      secrets: ['correct-horse'],
    },
    {
      what: 'a number that SOPS decrypted, amid a list',
      text: `${CONFIG_MAP}spec: [1111, "ENC[AES256_GCM,data:1,type:int]"]\n${SOPS}`,
      clear: `${CONFIG_MAP}spec: [1111, 48151623]\n`,
      secrets: ['48151623'],
    },
    {
      what: 'a Secret that a variable was filled into',
      text: `${SECRET}stringData: { url: "postgres://u:\${PASS}@db" }\n`,
      variables: { PASS: 'hunter2' },
      secrets: ['postgres://u:hunter2@db'],
    },
  ])('$what', async ({ text, clear, variables, secrets }) => {
    const rendered = await readOne(text, clear, variables);
    expect(rendered.failures).toEqual([]);
    expect(rendered.secrets.filter((one) => /^[\w:/@. =-]+$/.test(one))).toEqual(secrets);
    expect(rendered.objects.map(({ isSecret }) => isSecret)).toEqual([true]);
  });
});

test.each([
  { what: 'with a variable of a Secret is secret', text: `${CONFIG_MAP}data: { a: "\${PASS}" }\n`, isSecret: true },
  { what: 'with one amid text, and a default', text: `${CONFIG_MAP}data: { a: "x-\${PIN:-1}" }\n`, isSecret: true },
  { what: 'with one in a key is secret', text: `${CONFIG_MAP}data: { "a\${PASS}": b }\n`, isSecret: true },
  { what: 'with one in a default is secret', text: `${CONFIG_MAP}data: { a: "\${NONE:=\${PASS}}" }\n`, isSecret: true },
  { what: 'with another variable is not', text: `${CONFIG_MAP}data: { a: "\${OPEN}" }\n`, isSecret: undefined },
  { what: 'without any is not', text: `${CONFIG_MAP}data: { a: PASS }\n`, isSecret: undefined },
])('an object $what', async ({ text, isSecret }) => {
  const { objects } = await readOne(text, '', { PASS: 'hunter2', PIN: '4815', OPEN: 'shown' });
  expect(objects.map((one) => one.isSecret)).toEqual([isSecret]);
});

describe('a failure quotes nothing of a Secret', () => {
  test.each([
    {
      what: 'that is not YAML',
      text: `${SECRET}stringData:\n  a: "hunter2"\n "hunter2": ]\n`,
      says: 'it is not YAML; what stands there is not shown, because the object is secret',
    },
    {
      what: 'whose text looks like a variable',
      text: `${SECRET}stringData: { a: "abc\${hunter2!}" }\n`,
      says: 'it has a variable that cannot be filled in; what stands there is not shown, because the object is secret',
    },
    {
      what: 'that names a variable which is not there',
      text: `${SECRET}stringData: { a: "abc\${hunter2}" }\n`,
      says: 'it has a variable that cannot be filled in; what stands there is not shown, because the object is secret',
    },
  ])('$what', async ({ text, says }) => {
    const { failures } = await readOne(text);
    expect([...new Set(failures.map(({ reason }) => reason))]).toEqual([says]);
  });
});

test('variables that a Secret holds are secret, filled in or not; those of a ConfigMap are not', async () => {
  const data = { Secret: { PASS: 'aHVudGVyMg==', UNUSED: 'Y29ycmVjdC1ob3JzZQ==' }, ConfigMap: { OPEN: 'shown' } };
  const rendering = openRenderer(
    {
      ...renderSettings(),
      variablesFrom: [
        { kind: 'Secret', name: 'a' },
        { kind: 'ConfigMap', name: 'b' },
      ],
    },
    {
      ...{ ...FOR_CHARTS, searchPath: '', ownNamespace: 'sluice', defaultNamespace: 'default' },
      cluster: {
        read: async ({ apiVersion, kind, name }) => ({
          ...{ apiVersion, kind, metadata: { name } },
          data: kind === 'Secret' ? data.Secret : data.ConfigMap,
        }),
      },
    },
  );
  const text = `${CONFIG_MAP}data: { a: "\${PASS}", b: "\${OPEN}" }\n`;
  const { secrets, objects } = await rendering({
    commit: 'one',
    paths: [''],
    use: async (work) => work(writeTree({ 'a.yaml': text })),
  });
  expect(secrets).toEqual(['aHVudGVyMg==', 'hunter2', 'Y29ycmVjdC1ob3JzZQ==', 'correct-horse']);
  expect(objects).toMatchObject([{ isSecret: true, manifest: { data: { a: 'hunter2', b: 'shown' } } }]);
});

test('what kustomize quotes as it fails is known: literals, files of generators, Secrets among resources', async () => {
  const directory = writeTree({
    'bin/kustomize': '#!/bin/sh\necho "Error: invalid literal source" >&2\nexit 1\n',
    'k8s/kustomization.yaml':
      'resources: [s.yml]\nsecretGenerator:\n- { name: g, literals: ["a=hunter2", broken-literal], envs: [.env] }\n',
    'k8s/.env': 'PASS=correct-horse\n',
    'k8s/s.yml': `${SECRET}stringData: { b: staple-battery }\n`,
  });
  const { failures, secrets } = await renderTree(directory, ['k8s'], {
    tools: toolsOf({ kustomize: `${directory}/bin/kustomize` }),
    ...FOR_CHARTS,
  });
  expect(failures).toMatchObject([{ subject: 'k8s/kustomization.yaml' }]);
  expect(secrets).toEqual(expect.arrayContaining(['hunter2', 'broken-literal', 'correct-horse', 'staple-battery']));
});
