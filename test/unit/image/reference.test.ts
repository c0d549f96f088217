import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSluiceError } from '../../../shared/errors.ts';
import { imageName, parseReference, printReference, retag } from '../../../shared/image/reference.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const newDigest = `sha256:${'1b'.repeat(32)}`;

describe('parseReference', () => {
  test.each([
    { text: 'alpine', registry: 'docker.io', repository: 'library/alpine' },
    { text: 'alpine:t', registry: 'docker.io', repository: 'library/alpine', tag: 't' },
    { text: 'library/alpine', registry: 'docker.io', repository: 'library/alpine' },
    { text: 'docker.io/alpine', registry: 'docker.io', repository: 'library/alpine' },
    { text: 'index.docker.io/alpine', registry: 'docker.io', repository: 'library/alpine' },
    { text: 'index.docker.io/a/b:t', registry: 'docker.io', repository: 'a/b', tag: 't' },
    { text: 'team/app', registry: 'docker.io', repository: 'team/app' },
    { text: 'a/b/c', registry: 'docker.io', repository: 'a/b/c' },
    { text: 'localhost/hello:v1.1', registry: 'localhost', repository: 'hello', tag: 'v1.1' },
    { text: 'localhost:5000/a/b:t', registry: 'localhost:5000', repository: 'a/b', tag: 't' },
    { text: 'host:5000/x', registry: 'host:5000', repository: 'x' },
    { text: 'host:5000', registry: 'docker.io', repository: 'library/host', tag: '5000' },
    { text: 'HOST/x', registry: 'HOST', repository: 'x' },
    { text: '127.0.0.1:5000/hello', registry: '127.0.0.1:5000', repository: 'hello' },
    { text: '[fd00::1]:5000/hello:t', registry: '[fd00::1]:5000', repository: 'hello', tag: 't' },
    { text: 'quay.io/a__b/c-d---e.f_g', registry: 'quay.io', repository: 'a__b/c-d---e.f_g' },
    { text: `ghcr.io/o/app@${digest}`, registry: 'ghcr.io', repository: 'o/app', digest },
    { text: `ghcr.io/o/app:1.0@${digest}`, registry: 'ghcr.io', repository: 'o/app', tag: '1.0', digest },
    { text: `a:${'t'.repeat(128)}`, registry: 'docker.io', repository: 'library/a', tag: 't'.repeat(128) },
    { text: `q.io/${'a'.repeat(255)}`, registry: 'q.io', repository: 'a'.repeat(255) },
  ])('$text', ({ text, ...expected }) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test.each([
    { name: 'nothing', text: '' },
    { name: 'a tag alone', text: ':tag', at: ' (wrong at character 2)' },
    { name: 'a leading slash', text: '/lead', at: ' (wrong at character 2)' },
    { name: 'a trailing slash', text: 'trail/', at: ' (ends too soon)' },
    { name: 'an empty part', text: 'a//b', at: ' (wrong at character 3)' },
    { name: 'an upper-case repository', text: 'Alpine', at: ' (wrong at character 1)' },
    { name: 'an upper-case path', text: 'ghcr.io/o/App', at: ' (wrong at character 11)' },
    { name: 'a scheme', text: 'https://ghcr.io/o/app', at: ' (wrong at character 7)' },
    { name: 'space around', text: ' alpine', at: ' (wrong at character 1)' },
    { name: 'a line break after', text: 'alpine\n', at: ' (wrong at character 7)' },
    { name: 'two tags', text: 'a:b:c', at: ' (wrong at character 5)' },
    { name: 'an empty tag', text: 'a:', at: ' (ends too soon)' },
    { name: 'a tag that starts with a dot', text: 'a:.b', at: ' (wrong at character 3)' },
    { name: 'a tag of 129 characters', text: `a:${'t'.repeat(129)}`, at: ' (wrong at character 131)' },
    { name: 'a digest that is cut', text: `a@${digest.slice(0, -1)}`, at: ' (wrong at character 3)' },
    { name: 'a digest in upper case', text: `a@${digest.replaceAll('a', 'A')}`, at: ' (wrong at character 3)' },
    { name: 'an unknown kind of digest', text: `a@md5:${'0'.repeat(32)}`, at: ' (wrong at character 3)' },
    { name: 'an image id', text: 'ab'.repeat(32) },
    { name: 'a name between separators', text: 'a/-b', at: ' (wrong at character 3)' },
    { name: 'a registry that is no host', text: 'a.b_c/x' },
    { name: 'a template', text: '{{ .Values.image }}', at: ' (wrong at character 1)' },
    { name: 'a long text that is none', text: `${'a.'.repeat(50_000)}!`, at: ' (wrong at character 100000)' },
  ])('refuses $name, and says where it goes wrong', ({ text, at = '' }) => {
    const error = thrown(() => parseReference(text));
    expect(isSluiceError(error, 'reference-invalid')).toBe(true);
    expect(error).toHaveProperty(
      'message',
      'image: expected an image like registry.example.com/team/app:1.0.0, with the repository in lower case, ' +
        `found ${JSON.stringify(text)}${at}`,
    );
  });

  test('refuses a repository of 256 characters', () => {
    expect(() => parseReference(`q.io/${'a'.repeat(256)}`)).toThrow('expected a repository of at most 255 characters');
  });
});

describe('printing', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,5})?$/);
  const reference = fc.record(
    {
      registry: fc.constantFrom('ghcr.io', 'localhost', 'host:5000', 'docker.io', '[::1]:80', 'HOST'),
      repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
      digest: fc.constantFrom(digest, newDigest),
    },
    { requiredKeys: ['registry', 'repository'] },
  );

  test('is undone by parsing', () => {
    fc.assert(
      fc.property(reference, (one) => {
        expect(parseReference(printReference(one))).toEqual(one);
      }),
    );
  });

  test('gives one name to all spellings of an image', () => {
    const names = ['alpine', 'docker.io/alpine:3', 'index.docker.io/library/alpine', `library/alpine@${digest}`];
    expect(new Set(names.map((text) => imageName(parseReference(text))))).toEqual(
      new Set(['docker.io/library/alpine']),
    );
  });
});

describe('retag', () => {
  test.each([
    { text: 'alpine:3', to: { tag: '4' }, expected: 'alpine:4' },
    { text: 'alpine', to: { tag: '4' }, expected: 'alpine:4' },
    { text: 'alpine:3', to: { tag: '4', digest: newDigest }, expected: 'alpine:4' },
    { text: 'index.docker.io/alpine:3', to: { tag: '4' }, expected: 'index.docker.io/alpine:4' },
    { text: 'host:5000/x', to: { tag: 'y' }, expected: 'host:5000/x:y' },
    { text: 'host:5000/x:5000', to: { tag: 'y' }, expected: 'host:5000/x:y' },
    { text: `a:1@${digest}`, to: { tag: '2', digest: newDigest }, expected: `a:2@${newDigest}` },
    { text: `a@${digest}`, to: { tag: '2', digest: newDigest }, expected: `a:2@${newDigest}` },
    { text: 'a:1', to: { tag: '2', digest: newDigest, pin: true }, expected: `a:2@${newDigest}` },
    { text: 'a:1', to: { tag: '2', pin: true }, expected: 'a:2' },
  ])('$text to $to.tag', ({ text, to, expected }) => {
    expect(retag(text, to)).toBe(expected);
  });

  test.each([
    {
      name: 'a new digest that is not known',
      text: `a:1@${digest}`,
      to: { tag: '2' },
      message: `image a:1@${digest}: expected the digest of tag 2, since the image is pinned to one, found none`,
    },
    { name: 'a tag that ends the line', text: 'a:1', to: { tag: '2\nx: y' }, message: String.raw`found "a:2\nx: y"` },
    { name: 'an empty tag', text: 'a:1', to: { tag: '' }, message: 'found "a:"' },
    { name: 'a digest that is none', text: `a@${digest}`, to: { tag: '2', digest: 'x' }, message: 'found "a:2@x"' },
    { name: 'a text that is no reference', text: '', to: { tag: '2' }, message: 'found ""' },
  ])('refuses $name', ({ text, to, message }) => {
    const error = thrown(() => retag(text, to));
    expect(isSluiceError(error, 'reference-invalid')).toBe(true);
    expect(error).toHaveProperty('message', expect.stringContaining(message));
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
