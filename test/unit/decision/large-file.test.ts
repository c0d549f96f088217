import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { siteReader } from '../../../shared/decision/site-reader.ts';
import { silentLog } from '../../../shared/log.ts';
import { besideOthers } from '../../../shared/turns.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../fakes/memory-git-host.ts';

const MANIFEST = deployment('registry.example.com/hello:1.0.0', 'semver:~1');
const counted = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('');
const HEAD = 'kind: Pod\nmetadata: { name: a }\nimages:\n';

test.each([
  { holds: 'a document of 10,000 keys', text: HEAD + counted(10_000, (index) => `  k${index}: v\n`) },
  { holds: 'a document of 8,000 anchors', text: HEAD + counted(8_000, (index) => `  k${index}: &a${index} v\n`) },
  { holds: 'a list of 20,000 items', text: `${HEAD} [${'a,'.repeat(20_000)}]\n` },
  { holds: '150 documents', text: counted(150, () => `${MANIFEST}---\n`) },
])('a file that holds $holds waits for a repository that comes while it is read', async ({ text }) => {
  const read = siteReader({ cache: memoryCache(), log: silentLog });
  const repository = watched(memoryGitHost({ 'large.yml': text }));
  const order: string[] = [];
  const large = besideOthers(async () => {
    await read(repository);
    order.push('large');
  });
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
  }
  await besideOthers(async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      await nextTurn();
    }
    order.push('small');
  });
  await large;
  expect(order).toEqual(['small', 'large']);
});
