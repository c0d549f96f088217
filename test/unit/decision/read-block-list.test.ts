import { expect, test } from 'vitest';
import { blockListAt, separateBlockList } from '../../../shared/decision/read-block-list.ts';
import { memoryGitHost } from '../../fakes/memory-git-host.ts';

const LIST = { path: '.sluice/blocked.yml', text: 'blocked: []\n' };
const MANIFEST = { path: 'web.yml', text: 'a: 1\n' };
/** Of the same name elsewhere: a file like any other. */
const NAMESAKE = { path: 'k8s/.sluice/blocked.yml', text: 'b: 1\n' };

test.each([
  { what: 'between others', files: [MANIFEST, LIST, NAMESAKE], list: LIST.text, others: [MANIFEST, NAMESAKE] },
  { what: 'without one', files: [MANIFEST, NAMESAKE], list: undefined, others: [MANIFEST, NAMESAKE] },
  { what: 'that is empty', files: [{ ...LIST, text: '' }], list: '', others: [] },
])('the block list is told from other files: $what', ({ files, list, others }) => {
  expect(separateBlockList(files, [])).toEqual({ list, others });
});

test('a block list that was not read is no list that is not there', () => {
  const passedOver = [{ file: LIST.path, reason: 'UTF-16: save it as UTF-8' }];
  expect(separateBlockList([MANIFEST], passedOver)).toEqual({
    list: { unreadable: 'UTF-16: save it as UTF-8' },
    others: [MANIFEST],
  });
});

test('the block list of a revision is read there, and nowhere else', async () => {
  const host = memoryGitHost({ 'web.yml': 'a: 1\n' });
  const first = await host.head('main');
  const second = host.push({ [LIST.path]: LIST.text, [NAMESAKE.path]: NAMESAKE.text });
  expect([await blockListAt(first, host), await blockListAt(second, host)]).toEqual([undefined, LIST.text]);
});
