import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../shared/decision/decide.ts';
import { PolicyRunner } from '../../../shared/decision/policy-runner.ts';
import { workOn } from '../../../shared/decision/repository-work.ts';
import { TagLookups } from '../../../shared/decision/tag-lookup.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { deployment } from '../../fakes/manifests.ts';
import { memoryRegistry } from '../../fakes/memory-registry.ts';

const IMAGE = 'registry.example.com/hello';
/** On it each of {@link slowFilter} takes all of its time. */
const SLOW_TAG = 'a'.repeat(60);
const slowFilter = (name: string) => `regexp:^(?=a)(a+)+${name}$`;
const late = () => new SluiceError({ code: 'git-too-slow', subject: 'repository x', found: 'too little time' });
const runner = (mostMillis = 10_000) => new PolicyRunner(mostMillis, late);

async function decideAll(filters: readonly string[], tag: string) {
  const lookUp = new TagLookups(() => memoryRegistry({ [tag]: undefined })).of('registry.example.com', 'hello');
  for (const filter of filters) {
    for (const site of scanFile('deploy.yml', deployment(`${IMAGE}:a`, filter)).sites) {
      await decide(site, tag, lookUp);
    }
  }
}

/** 120 letters of a and b, others for each number. */
function lettersOf(number: number): string {
  let [letters, state] = ['', number];
  while (letters.length < 120) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    letters += state >= 2 ** 31 ? 'a' : 'b';
  }
  return letters;
}

/** Work that waits for the event loop so often, as for answers of hosts. */
async function waits(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await nextTurn();
  }
}

const at = (name: string) => ({ url: `https://git.example.com/${name}.git`, branch: 'main' });

test.each([
  {
    policies: 'four policies that take all of their time',
    filters: Array.from({ length: 4 }, (_, index) => slowFilter(`b${index}`)),
    tag: SLOW_TAG,
  },
  {
    policies: 'two hundred policies of many steps',
    filters: Array.from({ length: 200 }, (_, index) => `regexp:(?i)^[ab]*a[ab]{100}${index}$`),
    tag: 'ab'.repeat(60),
  },
])('$policies wait for another repository, though theirs began first', async ({ filters, tag }) => {
  const order: string[] = [];
  const slow = workOn(at('slow'), 60_000, async () => {
    await decideAll(filters, tag);
    order.push('slow');
  });
  const quick = workOn(at('quick'), 60_000, async () => {
    await waits(50);
    order.push('quick');
  });
  await Promise.all([slow, quick]);
  expect(order).toEqual(['quick', 'slow']);
});

test('policies that take more than their part of a repository’s time end with an error of its own', async () => {
  const filters = Array.from({ length: 20 }, (_, index) => slowFilter(`c${index}`));
  await expect(workOn(at('slow'), 800, async () => decideAll(filters, SLOW_TAG))).rejects.toMatchObject({
    code: 'git-too-slow',
    retryable: true,
    message:
      'repository https://git.example.com/slow.git branch main: expected answers of its policies within 0.2 s of ' +
      'the processor, found fewer. Write its patterns without lookaround and back-references, and with fewer ' +
      'repetitions.',
  });
});

describe('a policy that is asked about many tags', () => {
  const tags = ['1.0.0', 'v2.1.0', 'main-1', 'latest', 'LATEST', 'tmp', `sha256-${'0'.repeat(64)}.sig`];

  test.each(['semver:*', 'glob:main-*', 'latest', 'regexp:^v', 'regexp:^((?!tmp).)*$'])(
    '%s says of each what it says otherwise',
    async (filter) => {
      const policy = parsePolicy(filter);
      const prepared = await runner().prepare(filter, tags, 'other');
      for (const tag of [...tags, 'other', '1.2.3']) {
        expect({ tag, accepted: prepared.accept([tag]), ranked: prepared.ranks(tag) }).toEqual({
          ...{ tag, accepted: policy.accept([tag]), ranked: policy.ranks(tag) },
        });
      }
      expect(prepared.accept(tags)).toEqual(policy.accept(tags));
    },
  );

  test('is not asked again of what it was asked about, nor of what stands there', async () => {
    const filter = slowFilter('e');
    const prepared = await runner().prepare(filter, ['aae', 'b'], 'c');
    const policy = parsePolicy(filter);
    // Three tags that take all of its time: then it gives no answer any more.
    for (const length of [60, 61, 62]) {
      expect(() => policy.accept(['a'.repeat(length)])).toThrow('within 100 ms');
    }
    expect(() => policy.accept(['aae'])).toThrow('within 100 ms');
    expect(prepared.accept(['aae', 'b'])).toEqual(['aae']);
    expect(['aae', 'c'].map((tag) => prepared.ranks(tag))).toEqual([true, false]);
  });

  test('has a second of the processor for them, and says what takes it', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => lettersOf(index));
    const error: unknown = await runner()
      .prepare('regexp:(?i)^[ab]*a[ab]{100}$', many)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'policy-over-budget', retryable: false });
    expect(String(error)).toMatch(
      /policy regexp:\(\?i\)\^\[ab\]\*a\[ab\]\{100\}\$: expected an answer for 10000 tags within 1000 ms, found one for \d+\. Write it with fewer repetitions: each tag may take each of their steps\.$/,
    );
  });

  test('is asked once, however many sites of a repository have it', async () => {
    const one = runner();
    const first = await one.prepare('regexp:^v', tags);
    expect(await one.prepare('regexp:^v', tags)).toBe(first);
    expect(await one.prepare('regexp:^w', tags)).not.toBe(first);
    expect(await one.prepare('regexp:^v', [...tags, 'w'])).not.toBe(first);
  });
});

test('no policy is begun once the time for all of them is over', async () => {
  const one = runner(50);
  await expect(one.prepare(slowFilter('d'), [SLOW_TAG])).rejects.toMatchObject({ code: 'policy-over-budget' });
  await expect(one.prepare('semver:~1', ['1.0.0'])).rejects.toThrow('too little time');
});
