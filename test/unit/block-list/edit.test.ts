import { describe, expect, test } from 'vitest';
import { parseBlockList } from '../../../shared/block-list/block-list.ts';
import { newNotes, withAllowed, withBlock, withRollbacks } from '../../../shared/block-list/edit.ts';

const A = `sha256:${'a'.repeat(64)}`;
const HEADER = `# Versions of images that Sluice must not set (blocked), and those that it may set again after somebody
# went back from them (allowed). Written by \`sluice block\` and \`sluice allow\`, or by hand.
# Sluice itself writes down which version somebody went back from where, long ago (rolledBack).
`;
const WEB = { image: 'ghcr.io/acme/web', tag: '1.10', reason: 'crashes: on start', since: '2026-11-20' };
/** It as it is written, indented by so much. */
const written = (indent = '  ') =>
  ['- image: ghcr.io/acme/web', '  tag: "1.10"', '  reason: "crashes: on start"', '  since: 2026-11-20']
    .map((line) => `${indent}${line}\n`)
    .join('');

describe('block makes', () => {
  test.each([
    { of: 'no file', text: undefined, gives: `${HEADER}blocked:\n${written()}` },
    { of: 'an empty file', text: '\n', gives: `${HEADER}blocked:\n${written()}` },
    { of: 'a comment', text: '# ours', gives: `# ours\nblocked:\n${written()}` },
    { of: 'an empty list', text: 'blocked: [] # why\n# end\n', gives: `blocked: # why\n${written()}# end\n` },
    { of: 'nothing behind the key', text: 'allowed:\nblocked:', gives: `allowed:\nblocked:\n${written()}` },
    {
      of: 'a plain list',
      text: '# ours\n\n- image:   nginx # 1\n  tag: 1.10\n\n# end\n',
      gives: `# ours\n\n- image:   nginx # 1\n  tag: 1.10\n${written('')}\n# end\n`,
    },
    {
      of: 'wide indents, folded text, comments and blank lines',
      text: `blocked:\n    # one\n    - tag:   '2'   # two\n      image: a\n      reason: >\n        long\n        story\n\n\n# three\nallowed:\n- image: b:1\n`,
      gives: `blocked:\n    # one\n    - tag:   '2'   # two\n      image: a\n      reason: >\n        long\n        story\n${written('    ')}\n\n# three\nallowed:\n- image: b:1\n`,
    },
    {
      of: 'a list without its last line break',
      text: 'blocked:\n- image: a',
      gives: `blocked:\n- image: a\n${written('')}`,
    },
    {
      of: 'Windows',
      text: '\uFEFFblocked:\r\n  - image: a\r\n',
      gives: `\uFEFFblocked:\r\n  - image: a\r\n${written().replaceAll('\n', '\r\n')}`,
    },
    {
      of: 'a list in brackets',
      text: '# ours\nblocked: [{ image: a, tag: 1 }] # why\nallowed: []\n',
      gives: `# ours\nblocked: # why\n  - image: docker.io/library/a\n    tag: "1"\n${written()}allowed: []\n`,
    },
    {
      of: 'what had been allowed',
      text: 'allowed:\n  # mended\n  - image: ghcr.io/acme/web:1.10\n\n  # other\n  - image: ghcr.io/acme/web:1.9\n',
      gives: `allowed:\n\n  # other\n  - image: ghcr.io/acme/web:1.9\nblocked:\n${written()}`,
    },
    {
      of: 'a block that is over',
      text: '# ours\n- image: ghcr.io/acme/web\n  tag: 1.10\n  until: 2026-10-01\n- image: a\n',
      gives: `# ours\n- image: a\n${written('')}`,
    },
    {
      of: 'a block that is yet to begin',
      text: 'blocked:\n- { image: "ghcr.io/acme/web", tag: "1.10", since: 2027-01-01 }\n- image: a\n',
      gives: `blocked:\n- image: a\n${written('')}`,
    },
    {
      of: 'JSON',
      text: '{"blocked": [{"image": "a"}]}\n',
      gives: `${HEADER}blocked:\n  - image: docker.io/library/a\n${written()}`,
    },
  ])('of $of', ({ text, gives }) => {
    const edited = withBlock(text, WEB);
    expect(edited).toBe(gives);
    expect(withBlock(edited, WEB)).toBe(edited);
  });

  test.each([
    { of: 'the same block', text: '- image: ghcr.io/acme/web\n  tag: 1.10\n' },
    { of: 'one with another reason', text: 'blocked: [{ image: ghcr.io/acme/web, tag: 1.10, reason: leaks }]' },
  ])('no change of $of', ({ text }) => {
    expect(withBlock(text, WEB)).toBe(text);
  });

  test.each([
    { what: 'keeps the end that stands', stands: 'until: 2026-12-24', until: undefined, gives: '2026-12-24' },
    { what: 'ends at the later day', stands: 'until: 2026-12-24', until: '2026-12-31', gives: '2026-12-31' },
    { what: 'is not cut short', stands: 'until: 2026-12-24', until: '2026-12-01', gives: '2026-12-24' },
    { what: 'is not given an end', stands: 'reason: leaks', until: '2026-12-01', gives: undefined },
    { what: 'begins anew where it is over', stands: 'until: 2026-11-01', until: '2026-12-01', gives: '2026-12-01' },
  ])('a second block: $what', ({ stands, until, gives }) => {
    const text = `- { image: ghcr.io/acme/web, tag: "1.10", ${stands} }\n`;
    const { blocked } = parseBlockList(withBlock(text, { ...WEB, until }));
    expect(blocked.map((one) => one.until)).toEqual([gives]);
  });

  test('every version of an image blocked takes out what was allowed of it', () => {
    const text = 'allowed:\n  - image: a:1\n  - image: b:1\n  - image: a:2\n';
    expect(withBlock(text, { image: 'docker.io/library/a' })).toBe(
      'allowed:\n  - image: b:1\nblocked:\n  - image: docker.io/library/a\n',
    );
  });

  test('no change of what is no block list', () => {
    expect(() => withBlock('blocked: 1\n', WEB)).toThrow(
      expect.objectContaining({
        code: 'manifest-invalid',
        message: '.sluice/blocked.yml: line 1: blocked: expected a list. Mend it by hand.',
      }),
    );
  });
});

describe('allow makes', () => {
  test.each([
    { of: 'no file', text: undefined, gives: `${HEADER}allowed:\n${written()}` },
    {
      of: 'what is blocked by its tag, with the comment above it',
      text: '# ours\n- image: a\n# crashes\n- image: ghcr.io/acme/web\n  tag: 1.10\n- image: b\n',
      gives: `# ours\nblocked:\n- image: a\n- image: b\nallowed:\n${written()}`,
    },
    {
      of: 'the only block, below a comment that may be of the file',
      text: '# ours\n- image: ghcr.io/acme/web:1.10\n',
      gives: `# ours\nblocked:\nallowed:\n${written()}`,
    },
    {
      of: 'a plain list in brackets',
      text: `[{ image: ghcr.io/acme/web, tag: 1.10 }, { image: a }]\n`,
      gives: `blocked:\n  - image: docker.io/library/a\nallowed:\n${written()}`,
    },
    {
      of: 'several blocks of it, and one of the whole image that stays',
      text: `blocked:\n- image: ghcr.io/acme/web:1.10\n- image: ghcr.io/acme/web:1.10@${A}\n- image: ghcr.io/acme/web\n`,
      gives: `blocked:\n- image: ghcr.io/acme/web\nallowed:\n${written()}`,
    },
    {
      of: 'what is allowed already, blocked too',
      text: 'blocked: [{image: ghcr.io/acme/web, tag: 1.10}]\nallowed: [{image: ghcr.io/acme/web, tag: 1.10}]\n',
      gives: `blocked: []\nallowed:\n${written()}`,
    },
  ])('of $of', ({ text, gives }) => {
    const edited = withAllowed(text, WEB);
    expect(edited).toBe(gives);
    expect(withAllowed(edited, WEB)).toBe(edited);
  });
});

const NOTE = {
  ...{ image: 'ghcr.io/acme/web', tag: '1.10', digest: A, file: 'k8s/web: "1".yml', object: 'deployment/default/web' },
  ...{ container: 'web', commit: '12345678', set: '2026-11-20T10:00:00.000Z', since: '2026-11-21T00:00:00.000Z' },
};
const noted = (commit = '12345678') =>
  [
    ...['- image: ghcr.io/acme/web', '  tag: "1.10"', `  digest: ${A}`, `  file: 'k8s/web: "1".yml'`],
    ...['  object: deployment/default/web', '  container: web', `  commit: "${commit}"`],
    ...['  set: 2026-11-20T10:00:00.000Z', '  since: 2026-11-21T00:00:00.000Z'],
  ]
    .map((line) => `  ${line}\n`)
    .join('');

describe('a rollback written down makes', () => {
  test.each([
    { of: 'no file', text: undefined, gives: `${HEADER}rolledBack:\n${noted()}` },
    {
      of: 'what people wrote, a plain list',
      text: '# ours\n- image: a # x\n',
      gives: `# ours\nblocked:\n- image: a # x\nrolledBack:\n${noted()}`,
    },
    {
      of: 'an older one of its place, beside one of another',
      text: `rolledBack:\n${noted('87654321')}${noted().replace('container: web', 'container: db')}`,
      gives: `rolledBack:\n${noted().replace('container: web', 'container: db')}${noted()}`,
    },
  ])('of $of', ({ text, gives }) => {
    const notes = { noted: [NOTE], over: [] };
    const edited = withRollbacks(text, notes);
    expect(edited).toBe(gives);
    expect(parseBlockList(edited).rolledBack).toContainEqual(NOTE);
    expect(newNotes(edited, notes)).toEqual({ noted: [], over: [] });
    expect(withRollbacks(edited, { noted: [], over: [NOTE] })).not.toContain('container: web');
  });

  test.each([
    { what: 'is taken out when its version is allowed', version: { tag: '1.10' }, left: [] },
    { what: 'is taken out when its content is allowed', version: { digest: A }, left: [] },
    { what: 'stays when another version is', version: { tag: '1.9' }, left: [NOTE] },
  ])('a note that $what', ({ version, left }) => {
    const text = withAllowed(`rolledBack:\n${noted()}`, { image: 'ghcr.io/acme/web', ...version });
    expect(parseBlockList(text).rolledBack).toEqual(left);
  });

  test('no change of one of another commit, where that is over', () => {
    const text = `rolledBack:\n${noted()}`;
    const over = [{ ...NOTE, commit: '87654321' }];
    expect(newNotes(text, { noted: [], over })).toEqual({ noted: [], over: [] });
    expect(withRollbacks(text, { noted: [], over })).toBe(text);
  });
});

test('a reason keeps characters that end a line elsewhere, but not in YAML', () => {
  const reason = 'crashes\u2028on start';
  const text = withBlock(undefined, { ...WEB, digest: undefined, until: undefined, reason });
  expect(parseBlockList(text).blocked.map((one) => one.reason)).toEqual([reason]);
});
