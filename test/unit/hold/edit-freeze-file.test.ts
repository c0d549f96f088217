import { array, assert, constantFrom, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freezeInForce, withFreeze, withoutFreezes } from '../../../shared/hold/edit-freeze-file.ts';
import { parseFreezeFile } from '../../../shared/hold/freeze-file.ts';

const NOW = Date.parse('2026-12-04T20:00:00Z');
const scopes = record({
  paths: option(constantFrom(['k8s/prod'], ['k8s', 'base']), { nil: undefined }),
  objects: option(constantFrom(['deployment/*']), { nil: undefined }),
});
const steps = record({
  scope: scopes,
  reason: constantFrom('incident: 42', '# no comment', '"', "it's\nlong", '  - from: x'),
  until: option(constantFrom('2026-12-04', '2026-12-24', '2027-01-03 08:00', '2026-12-05T00:00:00+01:00'), {
    nil: undefined,
  }),
  isThaw: constantFrom(true, false, false),
});

describe('whatever was frozen and thawed before', () => {
  test('a freeze holds to its end at least, twice changes nothing, and a thaw ends it', () => {
    assert(
      property(array(steps, { maxLength: 6 }), steps, (before, { scope, reason, until }) => {
        const written = (step: typeof scope) => ({ reason, from: '2026-12-04T20:00:00.000Z', until, ...step });
        const text = before.reduce<string | undefined>(
          (file, step) =>
            step.isThaw
              ? withoutFreezes(file, step.scope, NOW)
              : withFreeze(file, { ...written(step.scope), reason: step.reason, until: step.until }, NOW),
          undefined,
        );
        const others = parseFreezeFile(text ?? '').length - Number(freezeInForce(text, scope, NOW) !== undefined);
        const frozen = withFreeze(text, written(scope), NOW);
        const [alone] = parseFreezeFile(withFreeze(undefined, written(scope), NOW));
        const end = freezeInForce(frozen, scope, NOW)?.window.endAt(NOW) ?? 0;
        expect(end).toBeGreaterThanOrEqual(alone?.window.endAt(NOW) ?? Number.NaN);
        expect(withFreeze(frozen, written(scope), NOW)).toBe(frozen);
        expect(parseFreezeFile(frozen)).toHaveLength(others + 1);

        const thawed = withoutFreezes(frozen, scope, NOW);
        expect(freezeInForce(thawed, scope, NOW)).toBeUndefined();
        expect(parseFreezeFile(thawed ?? '')).toHaveLength(others);
        expect(withoutFreezes(thawed, scope, NOW)).toBe(thawed);
        expect(parseFreezeFile(withoutFreezes(frozen, undefined, NOW) ?? '')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

test.each([
  // 01:00 there is 16:00 of the day before in UTC, in which the command writes.
  { what: 'in another zone', from: '2026-12-05 01:00', zone: 'Asia/Tokyo', kept: '2026-12-04T20:00:00Z' },
  { what: 'in no zone', from: '2026-12-04 18:00', zone: undefined, kept: '2026-12-04 18:00' },
  { what: 'with its offset', from: '2026-12-04 18:00+09:00', zone: 'Asia/Tokyo', kept: '2026-12-04 18:00+09:00' },
])('a freeze that began $what goes on without a gap when it is extended', ({ from, zone, kept }) => {
  const now = Date.parse('2026-12-04T20:00:00Z');
  const written = zone === undefined ? '' : `, zone: ${zone}`;
  const text = `- { reason: audit, from: "${from}", until: 2026-12-05${written} }\n`;
  const extended = withFreeze(text, { reason: 'more', from: '2026-12-04T20:00:00Z', until: '2026-12-24' }, now);
  const [entry] = parseFreezeFile(extended);
  expect(entry?.window.endAt(now)).toBe(Date.parse('2026-12-25T00:00:00Z'));
  expect(entry?.from).toBe(kept);
});

test('what is over goes with the next change', () => {
  const text = 'freezes:\n  - { reason: past, until: 2026-12-02 }\n';
  const frozen = withFreeze(text, { reason: 'now', from: '2026-12-04T20:00:00Z' }, NOW);
  expect(parseFreezeFile(frozen)).toMatchObject([{ reason: 'now' }]);
});

test('a file that cannot be read is not written anew', () => {
  expect(() => withFreeze('freezes: [', { reason: 'now', from: '2026-12-04' }, NOW)).toThrow('line 1: expected YAML');
  expect(() => withoutFreezes('- {}', undefined, NOW)).toThrow('Mend it by hand.');
});
