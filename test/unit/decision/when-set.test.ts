import { describe, expect, test } from 'vitest';
import { decide } from '../../../shared/decision/decide.ts';
import { whenSet } from '../../../shared/decision/site-history.ts';
import { lookUpTag } from '../../../shared/decision/tag-lookup.ts';
import { siteTrailer } from '../../../shared/history/trailers.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryGitHost } from '../../fakes/memory-git-host.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';

const IMAGE = 'registry.example.com/hello';
const FILE = 'deploy.yml';
const SITE = { file: FILE, object: 'deployment/default/hello', container: 'hello' };
const manifest = (tag: string) => deployment(`${IMAGE}:${tag}`, 'glob:*');
const OURS = `${IMAGE}: one → two\n\n${siteTrailer(SITE, IMAGE, { tag: 'two' })}\n`;

/** Decides on three, where two stands since a minute past midnight of the 23rd and does not say when it was built. */
async function decideOn(three: string, message: string, two: Readonly<Record<string, undefined>>, later = 0) {
  const host = memoryGitHost({ [FILE]: manifest('one') });
  host.push({ [FILE]: manifest('two') }, message);
  for (let count = 0; count < later; count += 1) {
    host.push({ [FILE]: `${manifest('two')}# ${count}\n` });
  }
  const [site] = scanFile(FILE, manifest('two')).sites;
  const place = { host, branch: 'main', revision: await host.head('main') };
  const lookUp = lookUpTag('registry.example.com', 'hello', () => memoryRegistry({ ...two, three }));
  return site && decide(site, 'three', lookUp, { whenSet: async () => whenSet(site, place) });
}

const YOUNGER = '2026-11-24T00:00:00.000Z';
const OLDER = '2026-11-22T00:00:00.000Z';

describe('what Sluice had set, and does not say when it was built,', () => {
  test.each([
    { what: 'is gone', two: {} },
    { what: 'has no time', two: { two: undefined } },
  ])('is replaced by what was built since: it $what', async ({ two }) => {
    expect(await decideOn(YOUNGER, OURS, two)).toMatchObject({
      action: 'update',
      to: { tag: 'three' },
      reason: `three is ranked above the current two by glob:* (of ${YOUNGER}, the current one of 2026-11-23T00:01:00.000Z at the latest, when it was set here)`,
    });
  });

  test('stays where the other one may be older', async () => {
    expect(await decideOn(OLDER, OURS, {})).toMatchObject({ action: 'keep', because: 'unknown-age' });
  });

  test.each([
    { what: 'a person set it', message: 'Somebody else\n', later: 0 },
    { what: 'a message says of another version that Sluice set it', message: OURS.replaceAll('two', 'ten'), later: 0 },
    { what: 'that is longer ago than is looked back with each push', message: OURS, later: 100 },
  ])('stays where $what', async ({ message, later }) => {
    expect(await decideOn(YOUNGER, message, {}, later)).toMatchObject({ action: 'keep', because: 'unknown-age' });
  });
});
