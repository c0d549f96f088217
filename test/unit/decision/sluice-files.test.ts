import { describe, expect, test } from 'vitest';
import { separateSluiceFiles, sluiceFileAt } from '../../../shared/decision/sluice-files.ts';
import { memoryGitHost } from '../../fakes/memory-git-host.ts';

const MANIFEST = { path: 'web.yml', text: 'a: 1\n' };
const FILES = [
  { what: 'block list', file: { path: '.sluice/blocked.yml', text: 'blocked: []\n' }, key: 'blockList' },
  { what: 'file of freezes', file: { path: '.sluice/freeze.yml', text: 'freezes: []\n' }, key: 'freezeFile' },
] as const;

describe.each(FILES)('the $what', ({ file, key }) => {
  /** Of the same name elsewhere: a file like any other. */
  const namesake = { path: `k8s/${file.path}`, text: 'b: 1\n' };
  const none = { blockList: undefined, freezeFile: undefined };

  test.each([
    { what: 'between others', files: [MANIFEST, file, namesake], list: file.text, others: [MANIFEST, namesake] },
    { what: 'without one', files: [MANIFEST, namesake], list: undefined, others: [MANIFEST, namesake] },
    { what: 'that is empty', files: [{ ...file, text: '' }], list: '', others: [] },
  ])('is told from other files: $what', ({ files, list, others }) => {
    expect(separateSluiceFiles(files, [])).toEqual({ ...none, [key]: list, others });
  });

  test('that was not read is no file that is not there', () => {
    const passedOver = [{ file: file.path, reason: 'UTF-16: save it as UTF-8' }];
    const unreadable = { unreadable: 'UTF-16: save it as UTF-8' };
    expect(separateSluiceFiles([MANIFEST], passedOver)).toEqual({ ...none, [key]: unreadable, others: [MANIFEST] });
  });

  test('of a revision is read there, and nowhere else', async () => {
    const host = memoryGitHost({ 'web.yml': 'a: 1\n' });
    const first = await host.head('main');
    const second = host.push({ [file.path]: file.text, [namesake.path]: namesake.text });
    const read = [await sluiceFileAt(file.path, first, host), await sluiceFileAt(file.path, second, host)];
    expect(read).toEqual([undefined, file.text]);
  });
});
