import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { deployment } from './manifests.ts';

const MEND = 'Its images stay as they are until it is mended.';

describe('a fault', () => {
  test.each([
    {
      name: 'a flow that never ends',
      text: 'image: [a\nb: c\n',
      message: `f.yml:2: expected YAML, found Flow sequence in block collection must be sufficiently indented and end with a ]. ${MEND}`,
    },
    {
      name: 'a map in a line',
      text: 'a: 1\nimage: a: b\n',
      message: `f.yml:2: expected YAML, found Nested mappings are not allowed in compact mappings. ${MEND}`,
    },
    {
      name: 'tabs',
      text: 'image:\n\ta: b\n',
      message: `f.yml:2: expected YAML, found Tabs are not allowed as indentation. ${MEND}`,
    },
    {
      name: 'JSON cut off',
      text: '{"kind": "Pod",\n "image": "a",',
      message: `f.yml:2: expected YAML, found Flow map must end with a }. ${MEND}`,
    },
    {
      name: 'a template',
      text: `{{- if .Values.on }}\n${deployment('{{ .Values.image }}')}{{- end }}\n`,
      message:
        'f.yml:1: expected a plain manifest, found a template (Block collections are not allowed within flow collections). Templates are passed over.',
    },
    {
      name: 'a template that parses',
      text: deployment('{{ .Values.image }}'),
      message:
        'f.yml:10 deployment/default/web container web: expected a plain manifest, found a template ({{ .Values.image }}). Templates are passed over.',
    },
    {
      name: 'a quoted template',
      text: deployment('"{{ .Values.image }}"'),
      message:
        'f.yml:10 deployment/default/web container web: expected a plain manifest, found a template ("{{ .Values.image }}"). Templates are passed over.',
    },
    {
      name: 'no reference',
      text: deployment('Web:1'),
      message:
        'f.yml:10 deployment/default/web container web: expected an image like registry.example.com/team/app:1.0.0, with the repository in lower case, found "Web:1"',
    },
    {
      name: 'no text at all',
      text: deployment('""'),
      message:
        'f.yml:10 deployment/default/web container web: expected an image like registry.example.com/team/app:1.0.0, with the repository in lower case, found ""',
    },
    {
      name: 'a number',
      text: deployment('1.10'),
      message: 'f.yml:10 deployment/default/web container web: expected an image as text, found 1.10',
    },
    {
      name: 'a map',
      text: deployment('\n            repository: a\n            tag: b'),
      message: 'f.yml:11 deployment/default/web container web: expected an image as text, found repository: a',
    },
    {
      name: 'an alias that leads nowhere',
      text: deployment('*img'),
      message: 'f.yml:10 deployment/default/web container web: expected an image as text, found *img',
    },
    {
      name: 'a container without a name',
      text: deployment('a:1').replace('name: web\n          image', 'image'),
      message:
        'f.yml:9 deployment/default/web spec.template.spec.containers[0].image: expected a container with a name, found none',
    },
    {
      name: 'an annotation that is no text',
      text: deployment('a:1', ['fluxcd.io/tag.web: 1.10']),
      message:
        'f.yml:6 deployment/default/web: expected annotations to be text, found fluxcd.io/tag.web: 1.10. Put its value in quotes; until then no policy of this workload counts.',
    },
  ])('is told: $name', ({ text, message }) => {
    const [fault] = scanFile('f.yml', text).faults;
    expect(fault).toMatchObject({ code: 'manifest-invalid', retryable: false, message });
  });

  test.each([
    { name: 'document before', text: `image: a: b\n---\n${deployment('a:1')}` },
    { name: 'document after a quote that never ends', text: `image: "a\n---\n${deployment('a:1')}` },
    { name: 'document after a list that never ends', text: `image: [a,\n--- # next\n${deployment('a:1')}` },
    { name: 'document after a template', text: `{{ image }}: {{\r\n---\r\n${deployment('a:1')}` },
    {
      name: 'document after one that is split by three dashes in a block',
      text: `x: |\n---\nimage: [\n---\n${deployment('a:1')}`,
    },
    { name: 'document after', text: `${deployment('a:1')}---\nimage: [\n` },
    { name: 'container', text: deployment('Web\n        - {name: other, image: a:1}') },
    {
      name: 'object of the list',
      text: `kind: List\nitems:\n- {kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: 7}]}}\n- {kind: Pod, metadata: {name: b}, spec: {containers: [{name: b, image: a:1}]}}`,
    },
  ])('does not stop the next $name', ({ text }) => {
    const { sites, faults } = scanFile('f.yml', text);
    expect(faults).toHaveLength(1);
    expect(sites.map(({ image }) => image)).toEqual(['a:1']);
  });

  test('of an annotation takes the policy away and leaves the site', () => {
    const text = deployment('a:1', ["fluxcd.io/automated: 'true'", 'fluxcd.io/locked: true']);
    expect(scanFile('f.yml', text).sites).toMatchObject([{ image: 'a:1', policy: undefined }]);
  });

  const merges = Array.from({ length: 10_000 }, (_, i) => `- &m${i + 1} {<<: *m${i}}`).join('\n');
  test.each([
    { name: 'sequences', text: `image: ${'['.repeat(20_000)}` },
    { name: 'maps', text: `image: ${'{a: '.repeat(20_000)}` },
    { name: 'merges', text: `x: # image\n- &m0 {a: 1}\n${merges}\nkind: Pod\nmetadata: *m10000` },
  ])('is what comes of $name too deep to follow', ({ text }) => {
    const { sites, faults } = scanFile('f.yml', text);
    expect(sites).toEqual([]);
    expect(faults.map(({ code, found }) => [code, found])).toEqual([
      ['manifest-invalid', 'more than 200 lists and maps within one another'],
    ]);
  });
});

test('any text can be scanned', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'image:kind-?|>&*!%@`{}[],"\'\\\n\t #'.split('')), maxLength: 60 }),
      (any, marks) => {
        for (const text of [`image${any}`, `image: ${marks}`, deployment(marks), deployment(any)]) {
          expect(scanFile('f.yml', text).file).toBe('f.yml');
        }
      },
    ),
    { numRuns: 100 },
  );
});
