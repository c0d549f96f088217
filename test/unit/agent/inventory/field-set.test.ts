import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, difference, type FieldSet, printPath, union } from '../../../../infra/agent/inventory/field-set.ts';

const item = (name: string) => `k:{"name":"${name}"}`;

describe('what is in one set and not in the other', () => {
  test.each([
    { what: 'a field', set: { 'f:spec': { 'f:replicas': {} } }, other: { 'f:spec': {} }, is: ['spec.replicas'] },
    { what: 'nothing', set: { 'f:spec': { 'f:replicas': {} } }, other: { 'f:spec': { 'f:replicas': {} } }, is: [] },
    {
      what: 'an item as a whole, by its keys',
      set: { 'f:env': { [item('A')]: { '.': {}, 'f:name': {}, 'f:value': {} } } },
      other: { 'f:env': {} },
      is: ['env[name="A"]'],
    },
    {
      what: 'a field of an item',
      set: { 'f:env': { [item('A')]: { '.': {}, 'f:name': {}, 'f:value': {} } } },
      other: { 'f:env': { [item('A')]: { '.': {}, 'f:name': {} } } },
      is: ['env[name="A"].value'],
    },
    {
      what: 'an item by its value',
      set: { 'f:finalizers': { 'v:"a/b"': {} } },
      other: { 'f:finalizers': { 'v:"c"': {} } },
      is: ['finalizers["a/b"]'],
    },
    {
      what: 'fields of a map that is gone',
      set: { 'f:metadata': { 'f:labels': { 'f:a.b/c': {}, 'f:d': {} } } },
      other: {},
      is: ['metadata.labels["a.b/c"]', 'metadata.labels.d'],
    },
  ])('$what', ({ set, other, is }) => {
    expect(difference(set, other).map(printPath)).toEqual(is);
  });
});

const paths = fc.array(fc.array(fc.constantFrom('f:a', 'f:b', item('c'), 'v:"d"'), { minLength: 1, maxLength: 4 }));
const sets = paths.map((all) =>
  all.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>((below, part) => ({ [part]: below }), {}),
      ),
    {},
  ),
);

test('the union has all of both, and nothing is missing of a set in itself', () => {
  fc.assert(
    fc.property(sets, sets, (one, other) => {
      const both = union(one, other);
      expect(difference(one, both)).toEqual([]);
      expect(difference(other, both)).toEqual([]);
      expect(union(one, one)).toEqual(one);
    }),
  );
});

test('what differs is in the one and not in the other', () => {
  fc.assert(
    fc.property(sets, sets, (one, other) => {
      for (const path of difference(one, other)) {
        expect([contains(one, path), contains(other, path)]).toEqual([true, false]);
      }
    }),
  );
});
