import { describe, expect, test } from 'vitest';
import { allowedBy, blockedBy, parseBlockList } from '../../../shared/block-list/block-list.ts';
import { SluiceError } from '../../../shared/errors.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const WEB = 'ghcr.io/acme/web';
const NOW = Date.parse('2026-11-25T12:00:00Z');

describe('a block list is read', () => {
  test.each([
    { of: 'nothing', text: '', blocked: [] },
    { of: 'a comment', text: '# none yet\n', blocked: [] },
    { of: 'keys with nothing below', text: 'blocked:\nallowed:\n', blocked: [] },
    { of: 'a plain list', text: `- image: ${WEB}\n  tag: 1.2.3\n`, blocked: [{ image: WEB, tag: '1.2.3' }] },
    {
      of: 'tags that look like numbers, dates and nothing',
      text: 'blocked: [{image: a, tag: 1.10}, {image: a, tag: 0123}, {image: a, tag: 1e5}, {image: a, tag: 2026-11-20}, {image: a, tag: null}]',
      blocked: ['1.10', '0123', '1e5', '2026-11-20', 'null'].map((tag) => ({ image: 'docker.io/library/a', tag })),
    },
    {
      of: 'quotes',
      text: `blocked: [{"image": 'a', "tag": "1.10"}]`,
      blocked: [{ image: 'docker.io/library/a', tag: '1.10' }],
    },
    { of: 'the tag in the image', text: `- image: ${WEB}:1.2.3`, blocked: [{ image: WEB, tag: '1.2.3' }] },
    {
      of: 'tag and digest in the image',
      text: `- image: ${WEB}:1@${A}`,
      blocked: [{ image: WEB, tag: '1', digest: A }],
    },
    { of: 'a digest', text: `- image: ${WEB}\n  digest: ${A}`, blocked: [{ image: WEB, digest: A }] },
    { of: 'a whole image', text: `- image: ${WEB}`, blocked: [{ image: WEB }] },
    {
      of: 'times',
      text: `- image: ${WEB}\n  since: 2026-11-20\n  until: 2026-12-01 10:00:00 +1\n  reason: "a: b"`,
      blocked: [{ image: WEB, reason: 'a: b', since: '2026-11-20', until: '2026-12-01 10:00:00 +1' }],
    },
    { of: 'Windows', text: `\uFEFFblocked:\r\n- image: ${WEB}\r\n  tag: 1\r\n`, blocked: [{ image: WEB, tag: '1' }] },
  ])('of $of', ({ text, blocked }) => {
    expect(parseBlockList(text)).toEqual({ blocked, allowed: [], rolledBack: [] });
  });

  test('with what is allowed again', () => {
    const text = `allowed:\n  - { image: nginx, tag: 1.10, reason: mended, since: 2026-11-20 }\n`;
    const allowed = [{ image: 'docker.io/library/nginx', tag: '1.10', reason: 'mended', since: '2026-11-20' }];
    expect(parseBlockList(text)).toEqual({ blocked: [], allowed, rolledBack: [] });
  });

  test('with what was rolled back at one place', () => {
    const place = 'file: k8s/web.yml, object: deployment/default/web, container: web';
    const text = `rolledBack:\n  - { image: ${WEB}, tag: 1.10, ${place}, commit: 12e4, set: 2026-11-20T10:00Z, since: 2026-11-21 }\n`;
    expect(parseBlockList(text).rolledBack).toEqual([
      {
        ...{
          image: WEB,
          tag: '1.10',
          digest: undefined,
          commit: '12e4',
          set: '2026-11-20T10:00Z',
          since: '2026-11-21',
        },
        ...{ file: 'k8s/web.yml', object: 'deployment/default/web', container: 'web' },
      },
    ]);
  });
});

describe('a fault has its line and what was expected', () => {
  test.each([
    { of: 'a text', text: 'nginx', says: 'line 1: expected a mapping of blocked, allowed and rolledBack, or a list' },
    { of: 'a list that is none', text: '\nblocked: all', says: 'line 2: blocked: expected a list' },
    {
      of: 'an entry that is none',
      text: '- nginx:1',
      says: 'line 1: expected a mapping like { image: ghcr.io/acme/web, tag: 1.2.3 }',
    },
    { of: 'no image', text: '- tag: 1', says: 'line 1: image: expected an image like ghcr.io/acme/web' },
    {
      of: 'an image in capitals',
      text: '# list\n- image: Acme/Web Site',
      says: 'line 2: image: expected an image like registry.example.com/team/app:1.0.0, with the repository in lower case, found "Acme/Web Site"',
    },
    {
      of: 'a tag that is none',
      text: '- image: x\n  tag: 5000/y',
      says: 'line 2: tag: expected a tag like 1.2.3, found "5000/y"',
    },
    {
      of: 'a digest cut short',
      text: '- image: x\n  digest: sha256:ab',
      says: 'line 2: digest: expected sha256: and 64 hexadecimal digits, found "sha256:ab"',
    },
    {
      of: 'a tag twice',
      text: '- image: x:1\n  tag: 2',
      says: 'line 2: tag: expected the tag once, found 1 in the image and 2 beside it',
    },
    {
      of: 'a day that no month has',
      text: '- image: x\n  until: 2026-02-30',
      says: 'line 2: until: expected a day like 2026-11-20 or a time like 2026-11-20T10:00:00Z, found "2026-02-30"',
    },
    {
      of: 'an end before the beginning',
      text: '- image: x\n  since: 2026-02-03\n  until: 2026-02-02',
      says: 'line 3: until: expected a time after 2026-02-03, found "2026-02-02"',
    },
    {
      of: 'a key that is misspelt',
      text: '- image: x\n  untill: 2026-02-02',
      says: 'line 2: expected no key "untill"',
    },
    {
      of: 'an allowed image without a version',
      text: 'allowed:\n- image: x',
      says: 'line 2: allowed: expected a tag or a digest of docker.io/library/x',
    },
    {
      of: 'an end for what is allowed',
      text: 'allowed:\n- image: x:1\n  until: 2026-02-02',
      says: 'line 3: expected no key "until"',
    },
    {
      of: 'a rollback without its place',
      text: 'rolledBack:\n- { image: x, tag: 1, file: "", object: o, commit: c, set: soon, since: 2026-02-02 }',
      says: 'line 2: file: expected a text; line 2: container: expected a text; line 2: set: expected a day like 2026-11-20 or a time like 2026-11-20T10:00:00Z, found "soon"',
    },
    {
      of: 'YAML that is broken',
      text: 'blocked: [\n',
      says: 'line 2: expected YAML, found: Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      of: 'a key that stands twice',
      text: 'blocked: []\nblocked: []',
      says: 'line 2: expected YAML, found: Map keys must be unique',
    },
    {
      of: 'an alias of nothing',
      text: 'blocked: *x',
      says: 'expected YAML, found: Unresolved alias (the anchor must be set before the alias): x',
    },
  ])('$of', ({ text, says }) => {
    expect(() => parseBlockList(text)).toThrow(
      expect.objectContaining({
        name: SluiceError.name,
        code: 'manifest-invalid',
        message: `.sluice/blocked.yml: ${says}. Mend it by hand.`,
      }),
    );
  });

  test('and all of them are told at once', () => {
    const text = '- image: x\n  tag: "?"\n  since: soon\n- reason: none\n  why: x\n';
    expect(() => parseBlockList(text)).toThrow(
      '.sluice/blocked.yml: line 2: tag: expected a tag like 1.2.3, found "?"; ' +
        'line 3: since: expected a day like 2026-11-20 or a time like 2026-11-20T10:00:00Z, found "soon"; ' +
        'line 4: image: expected an image like ghcr.io/acme/web; line 5: expected no key "why". Mend it by hand.',
    );
  });
});

describe('a version is', () => {
  const one = { image: WEB, tag: '1.2.3', digest: A };
  test.each([
    { what: 'blocked by its tag', entry: 'tag: 1.2.3', candidate: one, says: '' },
    { what: 'blocked by its digest', entry: `digest: ${A}`, candidate: one, says: '' },
    { what: 'blocked by both', entry: `tag: 1.2.3, digest: ${A}`, candidate: one, says: '' },
    { what: 'blocked with its whole image', entry: '', candidate: one, says: '' },
    {
      what: 'blocked by both where its digest is not known',
      entry: `tag: 1.2.3, digest: ${A}`,
      candidate: { image: WEB, tag: '1.2.3' },
      says: '',
    },
    { what: 'free, by another tag', entry: 'tag: 1.2.4', candidate: one },
    { what: 'free, by the same tag with new content', entry: `tag: 1.2.3, digest: ${B}`, candidate: one },
    {
      what: 'free, by a digest where its own is not known',
      entry: `digest: ${A}`,
      candidate: { image: WEB, tag: '1.2.3' },
    },
    { what: 'free, by another image', entry: 'tag: 1.2.3', candidate: { ...one, image: 'ghcr.io/acme/other' } },
    { what: 'blocked since a day', entry: 'since: 2026-11-25', candidate: one, says: ' since 2026-11-25' },
    { what: 'free before a day', entry: 'since: 2026-11-26', candidate: one },
    { what: 'blocked to the end of a day', entry: 'until: 2026-11-25', candidate: one, says: ' until 2026-11-25' },
    { what: 'free after a day', entry: 'until: 2026-11-24', candidate: one },
    {
      what: 'blocked up to a time',
      entry: 'until: 2026-11-25T12:00:00Z',
      candidate: one,
      says: ' until 2026-11-25T12:00:00Z',
    },
    { what: 'free after a time', entry: 'until: 2026-11-25T11:59:59.999Z', candidate: one },
    {
      what: 'blocked up to a time elsewhere',
      entry: 'until: 2026-11-25T10:30-02:00',
      candidate: one,
      says: ' until 2026-11-25T10:30-02:00',
    },
    { what: 'free after a time elsewhere', entry: 'until: 2026-11-25 13:30 +0200', candidate: one },
    {
      what: 'blocked for a reason, in one line',
      entry: 'since: 2026-11-20, reason: " crashes\\n on start "',
      candidate: one,
      says: ' since 2026-11-20: crashes on start',
    },
  ])('$what', ({ entry, candidate, says }) => {
    const list = parseBlockList(`[{ image: ${WEB}, ${entry} }]`);
    expect(blockedBy(list, candidate, NOW)).toBe(
      says === undefined ? undefined : `blocked in .sluice/blocked.yml${says}`,
    );
  });

  test('blocked by the entry that is in force, among several', () => {
    const list = parseBlockList(`- image: ${WEB}\n  until: 2026-11-01\n- image: ${WEB}\n  reason: still\n`);
    expect(blockedBy(list, one, NOW)).toBe('blocked in .sluice/blocked.yml: still');
  });

  test.each([
    { what: 'allowed by its tag', entry: 'tag: 1.2.3', allowed: true },
    { what: 'allowed by its digest', entry: `digest: ${A}`, allowed: true },
    { what: 'not allowed by another tag', entry: 'tag: 1.2.4', allowed: false },
    { what: 'not allowed by the same tag with other content', entry: `tag: 1.2.3, digest: ${B}`, allowed: false },
  ])('$what', ({ entry, allowed }) => {
    const list = parseBlockList(`allowed: [{ image: ${WEB}, ${entry} }, { image: '${WEB}:9' }]`);
    expect(allowedBy(list, one)).toEqual(allowed ? [list.allowed[0]] : []);
    expect(allowedBy(list, { ...one, image: 'ghcr.io/acme/other' })).toEqual([]);
  });

  test('allowed and blocked all the same', () => {
    const list = parseBlockList(`blocked: [{ image: '${WEB}:1.2.3' }]\nallowed: [{ image: '${WEB}:1.2.3' }]\n`);
    expect([blockedBy(list, one, NOW), allowedBy(list, one)]).toEqual(['blocked in .sluice/blocked.yml', list.allowed]);
  });
});
