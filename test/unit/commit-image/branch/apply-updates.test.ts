import { expect, onTestFinished, test, vi } from 'vitest';
import { Lexer } from 'yaml';
import { applyUpdates } from '../../../../functions/commit-image/branch/apply-updates.ts';
import { lookUpTag } from '../../../../shared/decision/tag-lookup.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import { imageUpdate } from '../../../fakes/image-updates.ts';
import { deployment } from '../../../fakes/manifests.ts';
import { memoryRegistry } from '../../../fakes/memory-registry.ts';

const IMAGE = 'registry.example.com/web';

/** Applies a claim that the place has 1.0.1, while the registry fails in some way. */
async function applyClaim(retryable: boolean) {
  const text = deployment(`${IMAGE}:1.0.0`, 'semver:~1');
  const change = { url: 'x', image: IMAGE, file: 'web.yml', from: '1.0.0', to: '1.0.1', revision: 'an earlier one' };
  const failing = {
    ...memoryRegistry({}),
    image: async () => {
      throw new SluiceError({ code: 'registry-unavailable', subject: 'registry', found: 'status 503', retryable });
    },
  };
  return applyUpdates([imageUpdate(change)], [{ path: 'web.yml', text, blob: '1' }], {
    lookUpFor: () => lookUpTag('registry.example.com', 'web', () => failing),
    isClaim: () => true,
  });
}

test('what somebody claims is not given up while a registry is away: all of it comes again', async () => {
  await expect(applyClaim(true)).rejects.toMatchObject({ code: 'registry-unavailable' });
});

test('what somebody claims and no registry will ever confirm fails alone', async () => {
  expect(await applyClaim(false)).toMatchObject({ edits: [], results: [{ action: 'fail' }] });
});

test('a file of ten places is read once more for each that is set, and no more', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `web${index}`);
  const text = names.map((name) => deployment(`${IMAGE}:1.0.0`, 'semver:~1').replaceAll('hello', name)).join('---\n');
  const lex = vi.spyOn(Lexer.prototype, 'lex');
  onTestFinished(() => lex.mockRestore());
  const change = { url: 'x', image: IMAGE, file: 'web.yml', from: '1.0.0', to: '1.0.1', revision: 'an earlier one' };
  const updates = names.map((name) => ({
    ...imageUpdate(change),
    site: { file: 'web.yml', object: `deployment/default/${name}`, container: name },
  }));
  const { edits, results } = await applyUpdates(updates, [{ path: 'web.yml', text, blob: '1' }], {
    lookUpFor: () => lookUpTag('registry.example.com', 'web', () => memoryRegistry({ '1.0.1': '2026-11-02' })),
  });
  expect(results.map(({ action }) => action)).toEqual(names.map(() => 'change'));
  expect(edits).toEqual([{ path: 'web.yml', text: text.replaceAll(':1.0.0', ':1.0.1') }]);
  // Ten documents each time; and each image by itself, as YAML 1.1 and 1.2.
  expect(lex).toHaveBeenCalledTimes(10 + 10 * (10 + 2));
});

test('a policy that asks for digests gets one beside a tag that stands there already', async () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const text = deployment(`${IMAGE}:1.0.1`, 'semver:~1; pin');
  const change = { url: 'x', image: IMAGE, file: 'web.yml', from: '1.0.1', to: '1.0.1', revision: 'one' };
  const update = { ...imageUpdate(change), policy: 'semver:~1; pin', to: { tag: '1.0.1', digest } };
  const { edits } = await applyUpdates([update], [{ path: 'web.yml', text, blob: '1' }], {
    lookUpFor: () => ({
      facts: async (tag) => ({ tag, digest }),
      notAnImage: async () => undefined,
      firstSeen: async () => ({ at: 0, youngUntil: undefined }),
      tags: async () => ['1.0.1'],
    }),
  });
  expect(edits).toEqual([{ path: 'web.yml', text: text.replace(':1.0.1', `:1.0.1@${digest}`) }]);
});
