// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what users write
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, type Node } from 'yaml';
import { fillIn } from '../../../../infra/agent/render/variables.ts';
import { renderFiles } from './tree.ts';

const VARIABLES = {
  HOST: 'shop.example.com',
  COUNT: '3',
  ON: 'true',
  EMPTY: '',
  NESTED: '${HOST}',
  SIZE: '100Mi',
  MODE: '0400',
  YES: 'yes',
  HASH: '83e20108',
  LARGE: '9007199254740993',
};

const widget = (spec: string, metadata = '') =>
  `apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: a${metadata} }\nspec:\n  x: ${spec}\n`;

async function fill(text: string, variables: Readonly<Record<string, string>> | undefined = VARIABLES) {
  const { objects, failures } = await renderFiles({ 'a.yml': text }, [''], variables);
  return { manifest: objects[0]?.manifest, failures };
}

describe('a value', () => {
  test.each([
    { written: 'https://${HOST}/${HOST}', becomes: 'https://shop.example.com/shop.example.com' },
    { written: '${COUNT}', becomes: 3 },
    { written: '"${COUNT}"', becomes: '3' },
    { written: 'n${COUNT}', becomes: 'n3' },
    { written: '${ON}', becomes: true },
    { written: "'${ON}'", becomes: 'true' },
    { written: '${SIZE}', becomes: '100Mi' },
    { written: '${MISSING:=5}', becomes: 5 },
    { written: '${MISSING:-a b [:=}', becomes: 'a b [:=' },
    { written: '${MISSING:=}', becomes: '' },
    { written: '${EMPTY:-instead}', becomes: 'instead' },
    { written: 'a${EMPTY}b', becomes: 'ab' },
    { written: '${NESTED}', becomes: '${HOST}' },
    { written: '$${HOST} and $${', becomes: '${HOST} and ${' },
    { written: '${MISSING:=${HOST}}', becomes: 'shop.example.com' },
    { written: '${MISSING:=${COUNT}}', becomes: 3 },
    { written: '${MISSING:-${ALSO_MISSING:=a-${COUNT}-b}}', becomes: 'a-3-b' },
    { written: '${HOST:=${MISSING}}', becomes: 'shop.example.com' },
    { written: '${MISSING:=${EMPTY}}', becomes: '' },
    { written: '${MISSING:=a}${MISSING:=${COUNT}}', becomes: 'a3' },
    { written: '${MODE}', becomes: 256 },
    { written: '"${MODE}"', becomes: '0400' },
    { written: '!!str ${MODE}', becomes: '0400' },
    { written: '${YES}', becomes: true },
    { written: '${HASH}', becomes: '83e20108' },
    { written: '${LARGE}', becomes: 9_007_199_254_740_993n },
    { written: '$HOST $(HOST) $$(HOST) $$', becomes: '$HOST $(HOST) $$(HOST) $$' },
  ])('$written becomes $becomes', async ({ written, becomes }) => {
    expect(await fill(widget(written))).toMatchObject({ manifest: { spec: { x: becomes } }, failures: [] });
  });

  test('of several lines keeps them', async () => {
    const { manifest } = await fill(widget('|\n    server ${HOST};\n    # ${COUNT}\n'));
    expect(manifest).toMatchObject({ spec: { x: 'server shop.example.com;\n# 3\n' } });
  });

  test('of a script keeps its escaped ends of lines', async () => {
    const { manifest, failures } = await fill(widget('|\n    run ${HOST} \\\n\n      --flag\n'));
    expect({ manifest, failures }).toMatchObject({
      manifest: { spec: { x: 'run shop.example.com \\\n\n  --flag\n' } },
      failures: [],
    });
  });

  test.each([
    {
      field: 'a label',
      text: 'metadata: { name: a, labels: { x: "${COUNT}" } }',
      is: { metadata: { labels: { x: '3' } } },
    },
    {
      field: 'a label of a template',
      text: 'metadata: { name: a }\nspec:\n  template:\n    metadata:\n      labels:\n        x: ${ON}',
      is: { spec: { template: { metadata: { labels: { x: 'true' } } } } },
    },
    { field: 'data', text: 'metadata: { name: a }\ndata:\n  x: ${COUNT}', is: { data: { x: '3' } } },
    {
      field: 'a variable of a container',
      text: 'metadata: { name: a }\nspec:\n  containers:\n  - env:\n    - name: X\n      value: ${ON}',
      is: { spec: { containers: [{ env: [{ name: 'X', value: 'true' }] }] } },
    },
    {
      field: 'an argument of a container',
      text: 'metadata: { name: a }\nspec:\n  containers:\n  - args:\n    - ${COUNT}\n    command:\n    - ${ON}',
      is: { spec: { containers: [{ args: ['3'], command: ['true'] }] } },
    },
  ])('of $field is text whatever it looks like', async ({ text, is }) => {
    const unquoted = text.replaceAll('"', "'");
    expect(await fill(`apiVersion: v1\nkind: ConfigMap\n${unquoted}\n`)).toMatchObject({ manifest: is, failures: [] });
  });

  test('of an object in a list is filled in, and so are keys', async () => {
    const { objects } = await renderFiles(
      {
        'a.json': JSON.stringify({
          kind: 'List',
          items: [
            { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '${COUNT}' }, data: { '${HOST}': '${HOST}' } },
          ],
        }),
      },
      [''],
      VARIABLES,
    );
    expect(objects[0]?.manifest).toMatchObject({
      metadata: { name: '3' },
      data: { 'shop.example.com': 'shop.example.com' },
    });
  });
});

test('any text comes through, written with $${ for ${', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '=', '-', ' ') }), (text) => {
      const document = new Document({ x: text.replaceAll('${', () => '$${') });
      expect(fillIn(document.contents as Node, new Map([['A', 'no']]))).toEqual([]);
      expect(document.get('x')).toBe(text);
    }),
  );
});

describe('variables stay as they are', () => {
  test('where none are configured', async () => {
    const { objects, failures } = await renderFiles({ 'a.yml': widget('${COUNT} ${x%y}') });
    expect({ manifest: objects[0]?.manifest, failures }).toMatchObject({
      manifest: { spec: { x: '${COUNT} ${x%y}' } },
      failures: [],
    });
  });

  test.each([
    'annotations: { sluice.dev/substitute: disabled }',
    'annotations: { kustomize.toolkit.fluxcd.io/substitute: disabled }',
    'labels: { kustomize.toolkit.fluxcd.io/substitute: disabled }',
  ])('in an object with %s', async (mark) => {
    expect(await fill(widget('${COUNT} ${x%y}', `, ${mark}`))).toMatchObject({
      manifest: { spec: { x: '${COUNT} ${x%y}' } },
      failures: [],
    });
  });
});

describe('a failure names the variable with its place, and its object is not applied', () => {
  const forms = 'expected ${NAME}, ${NAME:=default} or ${NAME:-default}; $${ stands for ${';
  test.each([
    { fault: 'no value and no default', written: '${MISSING}', reason: 'variable MISSING has no value and no default' },
    { fault: 'another form of the shell', written: '${HOST%.*}', reason: `\${HOST%.*}: ${forms}` },
    { fault: 'no name', written: '${}', reason: `\${}: ${forms}` },
    { fault: 'no end', written: '"${HOST"', reason: `\${HOST: ${forms}` },
    {
      fault: 'no value within a default',
      written: '${MISSING:=${NEITHER}}',
      reason: 'variable NEITHER has no value and no default',
    },
    { fault: 'no end of a default', written: '"${MISSING:=${HOST}"', reason: `\${MISSING:=\${HOST}: ${forms}` },
    {
      fault: 'what may be text or a variable',
      written: '${MISSING:=$${HOST}}',
      reason: `\${MISSING:=$\${HOST}: ${forms}`,
    },
    { fault: 'a default for what is unset alone', written: '${MISSING-x}', reason: `\${MISSING-x}: ${forms}` },
    { fault: 'a part of a value', written: '${HOST:0:4}', reason: `\${HOST:0:4}: ${forms}` },
    { fault: 'a replacement', written: '${HOST/shop/x}', reason: `\${HOST/shop/x}: ${forms}` },
    { fault: 'a length', written: '${#HOST}', reason: `\${#HOST}: ${forms}` },
    {
      fault: 'defaults without end',
      written: `"${'${A:='.repeat(100)}${'}'.repeat(100)}"`,
      reason: `${'${A:='.repeat(10)}: ${forms}`,
    },
  ])('$fault', async ({ written, reason }) => {
    expect(await fill(widget(written))).toEqual({
      manifest: undefined,
      failures: [{ subject: 'a.yml:5', reason }],
    });
  });

  test('each place has one', async () => {
    const { failures } = await fill(
      `${widget('${ONE}')}  y: \${TWO}\n---\n${widget('1').replace('name: a', 'name: b')}`,
    );
    expect(failures.map(({ subject }) => subject)).toEqual(['a.yml:5', 'a.yml:6']);
  });
});
