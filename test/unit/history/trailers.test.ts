import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readRollbackTrailers,
  readSiteTrailers,
  readUpdateTrailers,
  rollbackTrailer,
  siteTrailer,
} from '../../../shared/history/trailers.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const IMAGE = 'registry.example.com/lucj/hello';
const UPDATE = `Sluice-Update: ${IMAGE} 1.0.0 1.0.1@${DIGEST}`;
const SITE = `Sluice-Site: k8s/deploy.yml deployment/default/hello hello ${IMAGE} 1.0.1@${DIGEST}`;
const LINES = [`${IMAGE}: 1.0.0 → 1.0.1`, '', 'what and where', '', UPDATE, SITE, 'Sluice-Push: gitlab x y', ''];
const MESSAGE = LINES.join('\n');

const update = { image: IMAGE, from: '1.0.0', to: '1.0.1', digest: DIGEST };
const site = {
  file: 'k8s/deploy.yml',
  object: 'deployment/default/hello',
  container: 'hello',
  image: IMAGE,
  tag: '1.0.1',
  digest: DIGEST,
};

describe('trailers are read', () => {
  test.each([
    { from: 'a message as Sluice writes it', message: MESSAGE },
    { from: 'one with CRLF', message: LINES.join('\r\n') },
    { from: 'one that is indented', message: `Squash\n\n${LINES.map((line) => `    ${line}`).join('\n')}` },
    { from: 'list items', message: `Merge (#12)\n\n* ${UPDATE}\n- ${SITE}\n` },
    { from: "a host's list of squashed commits", message: `Update hello (#12)\n\n* ${MESSAGE}\n* Mend the docs\n` },
    { from: 'a cherry-pick', message: `${MESSAGE}(cherry picked from commit ${'1'.repeat(40)})\n` },
    {
      from: 'a squashed message that holds a revert too',
      message: `Update (#3)\n\n* ${MESSAGE}\n\n* Revert "x"\n\nThis reverts commit ${'1'.repeat(40)}.\n`,
    },
    { from: 'a message without its last line break', message: `x\n\n${UPDATE}\n${SITE}` },
  ])('from $from', ({ message }) => {
    expect(readUpdateTrailers(message)).toEqual([update]);
    expect(readSiteTrailers(message)).toEqual([site]);
  });

  test.each([
    { of: 'a revert that quotes them', message: `Revert "${MESSAGE}"\n` },
    { of: 'a revert with the body kept', message: `Revert "hello: 1.0.0 → 1.0.1"\n\n${UPDATE}\n${SITE}\n` },
    { of: 'a revert of a revert', message: `Reapply "hello"\n\nThis reverts commit 1.\n\n${UPDATE}\n${SITE}\n` },
    { of: 'a conventional revert', message: `revert(web)!: hello to 1.0.0\n\n${UPDATE}\n${SITE}\n` },
    { of: 'a revert with a subject of its own', message: `Go back\n\nThis reverts commit 1.\n\n${UPDATE}\n${SITE}\n` },
    { of: 'a revert by GitLab', message: `Go back\n\nThis reverts merge request !1\n\n${UPDATE}\n${SITE}\n` },
    { of: 'a revert by GitHub', message: `Go back (#3)\n\nReverts acme/shop#2\n\n${UPDATE}\n${SITE}\n` },
    { of: 'quoted lines', message: `About that\n\n> ${UPDATE}\n> ${SITE}\n` },
    { of: 'a sentence that names them', message: `See\n\nWe saw ${UPDATE} and ${SITE}\n` },
    { of: 'lines with words missing or too many', message: `x\n\n${UPDATE} more\nSluice-Site: a b c ${IMAGE}\n` },
    { of: 'a tag that is none', message: `x\n\nSluice-Update: a 1 -2\nSluice-Site: a b c d :1\n` },
    { of: 'a name that is badly encoded', message: `x\n\nSluice-Site: a%ZZ b c d 1\n` },
  ])('but none of $of', ({ message }) => {
    expect([...readUpdateTrailers(message), ...readSiteTrailers(message)]).toEqual([]);
  });

  test.each([
    { line: 'Sluice-Update: docker.io/library/a 1 2', gives: { image: 'docker.io/library/a', from: '1', to: '2' } },
    { line: 'Sluice-Update: b (no tag) 2', gives: { image: 'b', from: '(no tag)', to: '2' } },
    { line: `Sluice-Update: b ${DIGEST} 2`, gives: { image: 'b', from: DIGEST, to: '2' } },
    { line: 'Sluice-Update: b:5000/x 1 2', gives: { image: 'b:5000/x', from: '1', to: '2' } },
  ])('$line', ({ line, gives }) => {
    expect(readUpdateTrailers(`x\n\n${line}\n`)).toEqual([gives]);
  });
});

test('what a host squashed comes oldest first, and what git squashed is turned round', () => {
  const first = siteTrailer(site, IMAGE, { tag: '1.0.1' });
  const second = siteTrailer(site, IMAGE, { tag: '1.0.2' });
  const tagsOf = (message: string) => readSiteTrailers(message).map(({ tag }) => tag);
  expect(tagsOf(`Update (#1)\n\n* one\n\n${first}\n\n* two\n\n${second}\n`)).toEqual(['1.0.1', '1.0.2']);
  const log = `Squashed commit of the following:\n\ncommit 2\n\n    ${second}\n\ncommit 1\n\n    ${first}\n`;
  expect(tagsOf(log)).toEqual(['1.0.1', '1.0.2']);
});

test('a site trailer holds spaces, percents and letters of all kinds on one line of six words', () => {
  const odd = { file: 'k8s/my app/100% é.yml', object: 'deployment/default/a\u2028b', container: 'c\nd' };
  const line = siteTrailer(odd, IMAGE, { tag: '2' });
  expect(line).toBe(
    `Sluice-Site: k8s/my%20app/100%25%20é.yml deployment/default/a%E2%80%A8b c%0Ad registry.example.com/lucj/hello 2`,
  );
  expect(readSiteTrailers(`x\n\n${line}\n`)).toEqual([{ ...odd, image: IMAGE, tag: '2' }]);
});

test('whatever the names are, a site trailer is read as it was written', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 });
  const names = fc.record({ file: name, object: name, container: name });
  fc.assert(
    fc.property(names, fc.constantFrom(undefined, DIGEST), (one, digest) => {
      const line = siteTrailer(one, IMAGE, { tag: '1.0', digest });
      const read = { ...one, image: IMAGE, tag: '1.0', ...(digest === undefined ? {} : { digest }) };
      expect(readSiteTrailers(`x\n\n${line}\n${line}\r\n`)).toEqual([read, read]);
    }),
  );
});

test('a site trailer says to no host that an issue is closed, a pipeline left out or a person meant, and reads as before', () => {
  const odd = { file: 'k8s/[skip ci]@team.yml', object: 'deployment/default/fixes', container: 'GH-1' };
  const line = siteTrailer(odd, IMAGE, { tag: '2', digest: DIGEST });
  expect(line).toBe(
    `Sluice-Site: k8s/%5Bskip%20ci]%40team.yml deployment/default/fixes GH%2D1 registry.example.com/lucj/hello 2@${DIGEST}`,
  );
  expect(readSiteTrailers(`x\n\n${line}\n`)).toEqual([{ ...odd, image: IMAGE, tag: '2', digest: DIGEST }]);
});

describe('rollbacks that were written down, or taken out, are read', () => {
  const odd = { file: 'k8s/my app/é.yml', object: 'deployment/default/fixes', container: 'c\nd' };
  const noted = rollbackTrailer('noted', odd, IMAGE, { tag: '2', digest: DIGEST });
  const over = rollbackTrailer('over', odd, IMAGE, { tag: '1' });
  const gives = [
    { what: 'noted', ...odd, image: IMAGE, tag: '2', digest: DIGEST },
    { what: 'over', ...odd, image: IMAGE, tag: '1' },
  ];

  test.each([
    { from: 'a message as Sluice writes it', message: `Write down 2 rollbacks\n\nwhich\n\n${noted}\n${over}\n`, gives },
    { from: "a host's list of squashed commits", message: `Deploy (#1)\n\n* one\n\n${noted}\n* ${over}\n`, gives },
    {
      from: 'what git squashed, newest first',
      message: `Squashed commit of the following:\n\n    ${over}\n    ${noted}\n`,
      gives,
    },
    { from: 'a revert of one: none', message: `Revert "Write down"\n\n${noted}\n`, gives: [] },
    { from: 'quoted words: none', message: `See\n\n> ${noted}\nSluice-Rollback: gone a b c d 1\n`, gives: [] },
    { from: 'what was set: none', message: `x\n\n${siteTrailer(odd, IMAGE, { tag: '2' })}\n`, gives: [] },
  ])('from $from', ({ message, gives: expected }) => {
    expect(readRollbackTrailers(message)).toEqual(expected);
  });
});
