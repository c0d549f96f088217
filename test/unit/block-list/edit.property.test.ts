import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockList, parseBlockList } from '../../../shared/block-list/block-list.ts';
import { newNotes, withAllowed, withBlock, withRollbacks } from '../../../shared/block-list/edit.ts';
import type { BlockedVersion, RolledBackVersion } from '../../../shared/block-list/entry.ts';

const digests = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Lone halves of a pair cannot be written in UTF-8, and the mark that begins a file is not text there. */
const reason = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !text.includes('\uFEFF'));

const version = fc.oneof(
  fc.record({
    tag: fc.constantFrom('1.10', '1e5', '2026-11-20', 'null', 'v1', '_', '0123'),
    digest: optional(fc.constantFrom(...digests)),
  }),
  fc.record({ tag: fc.constant(undefined), digest: fc.constantFrom(...digests) }),
);
const entry = fc
  .tuple(
    fc.constantFrom('docker.io/library/a', 'ghcr.io/acme/web', 'localhost:5000/x'),
    version,
    optional(reason),
    optional(fc.constantFrom('2026-12-01', '2026-12-01T10:00:00Z')),
  )
  .map(
    ([image, one, why, until]): BlockedVersion => ({
      image,
      tag: one.tag,
      digest: one.digest,
      reason: why,
      since: '2026-11-20',
      until,
    }),
  );
const step = fc.record({
  verb: fc.constantFrom('block', 'allow', 'note', 'over'),
  entry,
  container: fc.constantFrom('web', 'db: "#1"'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function noteOf({ entry: { image, tag = 'v1', digest, reason: text }, container }: Step): RolledBackVersion {
  const times = { set: '2026-11-20T10:00:00Z', since: '2026-11-21' };
  return { image, tag, digest, file: text || '-', object: 'deployment/default/a', container, commit: '12e4', ...times };
}

const beginning = fc.constantFrom(
  undefined,
  '',
  '# ours\n',
  'blocked: []\n',
  'allowed:\n\nblocked:\n# end\n',
  '[]',
  '{ allowed: [] }',
  '---\r\nblocked:\r\n',
);

/** Entries that say nothing of one another's tag or digest are of different versions. */
function isSame(one: BlockedVersion, other: BlockedVersion): boolean {
  const pairs = [
    [one.tag, other.tag],
    [one.digest, other.digest],
  ].filter(([left, right]) => left !== undefined && right !== undefined);
  return one.image === other.image && pairs.length > 0 && pairs.every(([left, right]) => left === right);
}

function isExactly(one: BlockedVersion, other: BlockedVersion): boolean {
  return one.image === other.image && one.tag === other.tag && one.digest === other.digest;
}

/** What the list is to say after a step. */
function after({ blocked, allowed, rolledBack }: BlockList, { verb, entry: one, container }: Step): BlockList {
  const { until, ...allow } = one;
  if (verb === 'note' || verb === 'over') {
    const note = noteOf({ verb, entry: one, container });
    const isThere = ({ image, file, container: name }: RolledBackVersion) =>
      image === note.image && file === note.file && name === note.container;
    const isKept = (other: RolledBackVersion) => !isThere(other) || (verb === 'over' && !isExactly(other, note));
    const isNoted = rolledBack.some((other) => isThere(other) && isExactly(other, note));
    const left = rolledBack.filter(isKept);
    return { blocked, allowed, rolledBack: verb === 'over' ? left : isNoted ? rolledBack : [...left, note] };
  }
  if (verb === 'allow') {
    return {
      blocked: blocked.filter((other) => !isSame(other, one)),
      allowed: allowed.some((other) => isExactly(other, one)) ? allowed : [...allowed, allow],
      rolledBack: rolledBack.filter((other) => !isSame(other, one)),
    };
  }
  const before = blocked.find((other) => isExactly(other, one));
  // All begin on the same day, and none is over: the later end stays, and a new block without one takes the old.
  const end = before === undefined ? until : laterEnd(before.until, until);
  return {
    blocked:
      before !== undefined && end === before.until
        ? blocked
        : [...blocked.filter((other) => !isExactly(other, one)), { ...one, until: end }],
    allowed: allowed.filter((other) => !isSame(other, one)),
    rolledBack,
  };
}

/** The day counts to its end. */
function laterEnd(before: string | undefined, now: string | undefined): string | undefined {
  return before === undefined || now === undefined || before === '2026-12-01' ? before : now;
}

function apply(text: string | undefined, one: Step): string {
  if (one.verb === 'block' || one.verb === 'allow') {
    return one.verb === 'block' ? withBlock(text, one.entry) : withAllowed(text, one.entry);
  }
  const notes = one.verb === 'note' ? { noted: [noteOf(one)], over: [] } : { noted: [], over: [noteOf(one)] };
  return withRollbacks(text, newNotes(text, notes));
}

describe('whatever is blocked and allowed, in any order,', () => {
  test('the list says it', () => {
    fc.assert(
      fc.property(beginning, fc.array(step, { maxLength: 12 }), (start, steps) => {
        const text = steps.reduce<string | undefined>(apply, start);
        const wanted = steps.reduce<BlockList>(after, { blocked: [], allowed: [], rolledBack: [] });
        expect(parseBlockList(text ?? '')).toEqual(wanted);
      }),
    );
  });

  test('lines that people wrote stay in their order', () => {
    const own = [
      '# ours',
      '',
      'blocked:',
      '- image:   kept   # why',
      '  tag: 1',
      '  # more',
      '',
      '# end',
      'allowed:',
      '- {image: kept, tag: 2}',
      '',
    ];
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (steps, lineBreak) => {
        const text = steps.reduce(apply, own.join(lineBreak));
        let from = 0;
        for (const line of own.map((one) => `${one}${lineBreak}`).slice(0, -1)) {
          const at = text.indexOf(line, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + line.length;
        }
      }),
    );
  });
});
