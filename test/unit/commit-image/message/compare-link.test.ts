import { expect, test } from 'vitest';
import { compareLink } from '../../../../functions/commit-image/message/compare-link.ts';

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const SOURCE = 'https://github.com/acme/web';
const COMPARED = `[aaaaaaa…bbbbbbb](${SOURCE}/compare/${OLD}...${NEW})`;
const ALONE = `[bbbbbbb](${SOURCE}/commit/${NEW})`;

test.each([
  {
    name: 'both of one source',
    from: { source: SOURCE, revision: OLD },
    to: { source: SOURCE, revision: NEW },
    link: COMPARED,
  },
  {
    name: 'one source written in several ways',
    from: { source: 'git@github.com:acme/web.git', revision: OLD },
    to: { source: 'https://user:secret@github.com/acme/web.git/?a=b#c', revision: NEW },
    link: COMPARED,
  },
  {
    name: 'another source before',
    from: { source: 'https://x.example/y', revision: OLD },
    to: { source: SOURCE, revision: NEW },
    link: ALONE,
  },
  { name: 'no source before', from: { revision: OLD }, to: { source: SOURCE, revision: NEW }, link: ALONE },
  { name: 'nothing known before', from: undefined, to: { source: SOURCE, revision: NEW }, link: ALONE },
  {
    name: 'the same revision',
    from: { source: SOURCE, revision: NEW },
    to: { source: SOURCE, revision: NEW },
    link: ALONE,
  },
  { name: 'no revision', from: { source: SOURCE, revision: OLD }, to: { source: SOURCE }, link: undefined },
  { name: 'a revision that is none', from: undefined, to: { source: SOURCE, revision: 'main)](x' }, link: undefined },
  {
    name: 'a source that is no page',
    from: undefined,
    to: { source: 'javascript:alert(1)', revision: NEW },
    link: undefined,
  },
  { name: 'a source that is no URL', from: undefined, to: { source: 'acme/web', revision: NEW }, link: undefined },
  {
    name: 'a source that would end the link',
    from: undefined,
    to: { source: 'https://x.example/a)(b', revision: NEW },
    link: `[bbbbbbb](https://x.example/a%29%28b/commit/${NEW})`,
  },
])('$name', ({ from, to, link }) => {
  expect(compareLink(from, to)).toBe(link);
});
