import { describe, expect, test } from 'vitest';
import { isSluiceError } from '../../../shared/errors.ts';
import { readManifest, scanFile } from '../../../shared/manifest/scan.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { setImage } from '../../../shared/manifest/splice.ts';
import { deployment } from './manifests.ts';

const digest = `sha256:${'0a'.repeat(32)}`;

const setIn = (text: string, site: Site, to: string) => setImage(readManifest(site.file, text), site, to).text;

function siteIn(text: string, index = 0): Site {
  const site = scanFile('k8s/web.yml', text).sites[index];
  if (site === undefined) {
    throw new Error(`no site ${index} in ${text}`);
  }
  return site;
}

function refusalOf(work: () => string): unknown {
  try {
    return work();
  } catch (error) {
    return isSluiceError(error) ? [error.code, error.message] : error;
  }
}

describe('setImage changes the scalar alone', () => {
  test.each([
    { name: 'plain', before: 'web:1 # not web:1', after: 'web:2 # not web:1' },
    { name: 'double quotes', before: '"web:1" # c', after: '"web:2" # c' },
    { name: 'single quotes', before: "'web:1'", after: "'web:2'" },
    { name: 'tabs around it', before: '\tweb:1\t# c\t', after: '\tweb:2\t# c\t' },
    { name: 'an anchor of the same text', before: '&web web', after: '&web web:2' },
    { name: 'a tag', before: '!!str web:1', after: '!!str web:2' },
    { name: 'spaces inside the quotes', before: '" web:1 "', after: '" web:2 "' },
    { name: 'escapes', before: String.raw`"web\x3a1" # c`, after: '"web:2" # c' },
    { name: 'a line broken by an escape', before: '"web:\\\n            1"', after: '"web:2"' },
    { name: 'a literal block', before: '|\n            web:1\n', after: '|\n            web:2\n' },
    {
      name: 'a folded block with a comment above',
      before: '>- # was web:1\n            web:1\n\n          # c',
      after: '>- # was web:1\n            web:2\n\n          # c',
    },
    { name: 'a block with its indentation said', before: '|2-\n            web:1', after: '|2-\n            web:2' },
    {
      name: 'the last of equal fields',
      before: 'web:1\n          image: web:1',
      after: 'web:1\n          image: web:2',
    },
  ])('$name', ({ before, after }) => {
    const text = deployment(before);
    expect(setIn(text, siteIn(text), 'web:2')).toBe(deployment(after));
  });

  test.each([
    { name: 'a number', image: '1.10' },
    { name: 'an octal number', image: '0123456' },
    { name: 'a number with an exponent', image: '1e5' },
    { name: 'a number of base 60 in YAML 1.1', image: '12:30' },
    { name: 'a switch of YAML 1.1', image: 'on' },
    { name: 'null', image: 'null' },
    { name: 'a host that opens a sequence', image: '[fd00::1]:5000/web:1' },
  ])('and puts quotes where it would read as $name', ({ image }) => {
    const text = deployment('web # c');
    expect(setIn(text, siteIn(text), image)).toBe(deployment(`"${image}" # c`));
  });

  test.each([
    { name: 'a digest', image: `registry.example.com:5000/a/b__c:1.0@${digest}` },
    { name: 'no tag', image: 'web' },
    { name: 'digits for a tag', image: 'web:010' },
  ])('and leaves plain what reads as text: $name', ({ image }) => {
    const text = deployment('web:1');
    expect(setIn(text, siteIn(text), image)).toBe(deployment(image));
  });

  const whole = [
    { name: 'CRLF', text: deployment('web:1').replaceAll('\n', '\r\n') },
    { name: 'mixed line ends', text: deployment('web:1').replace('\n', '\r\n') },
    { name: 'a byte-order mark', text: `\uFEFF${deployment('web:1')}` },
    { name: 'no line end at the end', text: deployment('web:1').trimEnd() },
    { name: 'trailing spaces and characters beyond the BMP', text: `# 🚢  \n${deployment('web:1')}# é \t \n\n` },
    { name: 'the end of a document', text: `${deployment('web:1')}...\n# end` },
    { name: 'flow', text: '{kind: Pod,metadata: {name: web},spec: {containers: [{name: web,image: web:1},]}}' },
    {
      name: 'JSON',
      text: '{\n\t"kind": "Pod", "metadata": {"name": "web"},\n\t"spec": {"containers": [{"image": "web:1", "name": "web"}]}\n}',
    },
  ];
  test.each(whole)('in a file with $name', ({ text }) => {
    expect(setIn(text, siteIn(text), 'web:2')).toBe(text.replace('web:1', 'web:2'));
  });

  test('of a neighbour with the same image nothing changes', () => {
    const text = `${deployment('web:1')}---\n${deployment('web:1')}`;
    expect(setIn(text, siteIn(text, 1), 'web:2')).toBe(`${deployment('web:1')}---\n${deployment('web:2')}`);
  });

  test('through an alias, for all that share it', () => {
    const text = `x: &img 'web:1' # for both\n${deployment('*img\n        - {name: job, image: *img}')}`;
    const edited = setIn(text, siteIn(text, 1), 'web:2');
    expect(edited).toBe(text.replace('web:1', 'web:2'));
    expect(scanFile('f.yml', edited).sites.map(({ image }) => image)).toEqual(['web:2', 'web:2']);
  });
});

describe('setImage refuses', () => {
  const text = deployment('web:1 # web:1');

  test.each([
    { name: 'a site that has moved', now: `# web\n${text}` },
    { name: 'a site that holds another image by now', now: deployment('job:1 # job:1') },
    { name: 'a site that is gone', now: 'kind: List\n' },
  ])('$name', ({ now }) => {
    expect(refusalOf(() => setIn(now, siteIn(text), 'web:2'))).toEqual([
      'manifest-invalid',
      'k8s/web.yml: deployment/default/web container web: expected web:1 at line 10, found something else there. Look for the site again.',
    ]);
  });

  test.each([
    { name: 'no reference', image: 'Web:2' },
    { name: 'more than an image', image: 'web:2\n          command: [sh]' },
    { name: 'spaces around one', image: ' web:2 ' },
    { name: 'nothing', image: '' },
  ])('to write $name', ({ image }) => {
    expect(refusalOf(() => setIn(text, siteIn(text), image))).toEqual([
      'manifest-invalid',
      `k8s/web.yml: deployment/default/web container web: expected the edit to read back as deployment/default/web container web spec.template.spec.containers[0].image: ${image}, found ${image === ' web:2 ' ? 'deployment/default/web container web spec.template.spec.containers[0].image: web:2' : 'nothing'}. Write the image as a plain or quoted scalar of its own.`,
    ]);
  });
});
