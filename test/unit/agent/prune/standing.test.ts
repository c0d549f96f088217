import { describe, expect, test } from 'vitest';
import type { PruneLimit } from '../../../../infra/agent/prune/prune-limit.ts';
import { type ApplyOptions, openAgentStage } from '../../../flow/agent-stage.ts';
import { openDouble } from '../double.ts';

/** A commit that Git has, what happens when it is applied, and what comes of it. */
interface Step {
  readonly commit: string;
  readonly has: readonly string[];
  readonly limit?: PruneLimit;
  readonly refuses?: RegExp;
  readonly pruned: number;
  /** The first problem of the report; a step without one is marked. */
  readonly says?: string;
}

interface Outcome {
  /** How many were deleted. */
  readonly pruned: number;
  readonly says: string | undefined;
  readonly isMarked: boolean;
}

const some = (name: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `${name}-${index + from}`);
const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;
const theirs = (name: string) => configMap(name).replace(' }', ', annotations: { sluice.dev/apply: IfNotPresent } }');
/** What has a name of theirs is applied only where it is not there. */
const filesOf = (names: readonly string[]) => ({
  'all.yml': names.map((name) => (name.startsWith('their-') ? theirs(name) : configMap(name))).join('---\n'),
});
const tooMany = (rule: string, left: number) =>
  `prune: expected at most ${rule} to be deleted by one revision, found that ${left} left Git. Nothing was deleted: put them back, or allow it once with --prune-limit`;
const refusal = 'admission webhook "guard.example.com" denied the request: not today';
const isInventory = /^PATCH .*\/sluice-inventory/;

async function openStanding() {
  const { cluster, kubeconfig } = await openDouble();
  const stage = await openAgentStage(kubeconfig);
  const apply = async (has: readonly string[], options: ApplyOptions): Promise<Outcome> => {
    const { report, marks } = await stage.apply(filesOf(has), options);
    const pruned = report.objects.filter(({ action, reason }) => action === 'pruned' && reason === undefined).length;
    return { pruned, says: report.problems[0], isMarked: marks.includes(options.commit ?? '') };
  };
  return { cluster, apply };
}

/** What comes of steps, one after the other. */
async function walk(steps: readonly Step[]): Promise<readonly Outcome[]> {
  const { apply } = await openStanding();
  const outcomes: Outcome[] = [];
  for (const { commit, has, limit, refuses } of steps) {
    outcomes.push(await apply(has, { commit, ...(limit && { prune: { limit } }), ...(refuses && { refuses }) }));
  }
  return outcomes;
}

describe('how much may go is counted against what stood after the last whole revision', () => {
  const first = { commit: 'c1', has: some('old', 20), pruned: 0 };
  const renamed = { commit: 'c2', has: some('new', 20), pruned: 0, says: tooMany('50% of 20 objects', 20) };
  const ten = { commit: 'c1', has: some('old', 10), pruned: 0 };

  test.each<{ what: string; steps: readonly Step[] }>([
    { what: 'all are renamed at once, and that is tried again and again', steps: [first, renamed, renamed, renamed] },
    {
      what: 'after a refusal more of them leave',
      steps: [
        { commit: 'c1', has: [...some('old', 20), 'stays-0', 'stays-1'], pruned: 0 },
        {
          commit: 'c2',
          has: [...some('new', 20), 'stays-0', 'stays-1'],
          pruned: 0,
          says: tooMany('50% of 22 objects', 20),
        },
        { commit: 'c3', has: [...some('new', 20), 'stays-0'], pruned: 0, says: tooMany('50% of 22 objects', 21) },
      ],
    },
    {
      what: 'they are renamed once more after a refusal',
      steps: [
        first,
        renamed,
        { commit: 'c3', has: some('newer', 20), pruned: 0, says: tooMany('50% of 40 objects', 40) },
      ],
    },
    {
      what: 'they leave in small commits, of which one is too many',
      steps: [
        { commit: 'c1', has: some('old', 12), pruned: 0 },
        { commit: 'c2', has: some('old', 5), pruned: 0, says: tooMany('50% of 12 objects', 7) },
        { commit: 'c3', has: some('old', 4), pruned: 0, says: tooMany('50% of 12 objects', 8) },
        { commit: 'c4', has: some('old', 6), pruned: 6 },
        { commit: 'c5', has: some('old', 2), pruned: 0, says: tooMany('50% of 6 objects', 4) },
      ],
    },
    {
      what: 'others were added that the cluster refused',
      steps: [
        first,
        {
          commit: 'c2',
          has: [...some('old', 20), ...some('bad', 20)],
          refuses: /configmaps\/bad-/,
          pruned: 0,
          says: `configmap/default/bad-0: ${refusal} (all.yml:81)`,
        },
        { commit: 'c3', has: some('old', 8), pruned: 0, says: tooMany('50% of 20 objects', 12) },
        { commit: 'c4', has: some('old', 20), pruned: 0 },
        { commit: 'c5', has: some('old', 10), pruned: 10 },
      ],
    },
    {
      what: 'a revision that failed was between',
      steps: [
        { commit: 'c1', has: some('old', 12), pruned: 0 },
        {
          commit: 'c2',
          has: [...some('old', 12), ...some('new', 30), 'bad-0'],
          refuses: /configmaps\/bad-/,
          pruned: 0,
          says: `configmap/default/bad-0: ${refusal} (all.yml:169)`,
        },
        { commit: 'c3', has: some('new', 30), pruned: 0, says: tooMany('50% of 12 objects', 12) },
      ],
    },
    {
      what: 'what a failed revision added is taken back',
      steps: [
        { commit: 'c1', has: some('old', 12), pruned: 0 },
        {
          commit: 'c2',
          has: [...some('old', 12), ...some('new', 6), 'bad-0'],
          refuses: /configmaps\/bad-/,
          pruned: 0,
          says: `configmap/default/bad-0: ${refusal} (all.yml:73)`,
        },
        { commit: 'c3', has: some('old', 12), pruned: 6 },
      ],
    },
    {
      what: 'some deletions are refused, and are tried again later',
      steps: [
        ten,
        {
          commit: 'c2',
          has: some('old', 5),
          refuses: /^DELETE .*old-[56]/,
          pruned: 3,
          says: `configmap/default/old-6: it left Git, but ${refusal}`,
        },
        { commit: 'c3', has: some('old', 3), pruned: 4 },
        { commit: 'c4', has: some('old', 1), pruned: 0, says: tooMany('50% of 3 objects', 2) },
      ],
    },
    {
      what: 'the limit is a number',
      steps: [
        { ...first, limit: { objects: 19 } },
        { ...renamed, limit: { objects: 19 }, says: tooMany('19 objects', 20) },
        { ...renamed, limit: { objects: 19 }, says: tooMany('19 objects', 20) },
        { commit: 'c2', has: some('new', 20), limit: { objects: 20 }, pruned: 20 },
      ],
    },
    {
      what: 'all may go',
      steps: [first, { ...first, commit: 'c2', has: ['new-0'], limit: { percent: 100 }, pruned: 20 }],
    },
    {
      what: 'none may',
      steps: [
        first,
        { commit: 'c2', has: some('old', 19), limit: { percent: 0 }, pruned: 0, says: tooMany('0% of 20 objects', 1) },
      ],
    },
    {
      what: 'they are put back after a refusal, and leave by and by',
      steps: [
        first,
        renamed,
        { ...first, commit: 'c3', pruned: 20 },
        { commit: 'c4', has: some('old', 10), pruned: 10 },
      ],
    },
  ])('$what', async ({ steps }) => {
    const expected = steps.map(({ pruned, says }): Outcome => ({ pruned, says, isMarked: says === undefined }));
    expect(await walk(steps)).toEqual(expected);
  });

  test('an agent that is killed at any request of a refused revision comes to the same refusal', async () => {
    const { cluster, apply } = await openStanding();
    await apply(some('old', 12), { commit: 'c1' });
    for (let endsAt = 1; ; endsAt += 1) {
      const isKilled = await apply(some('new', 12), { commit: 'c2', endsAt }).then(
        () => false,
        () => true,
      );
      const again = await apply(some('new', 12), { commit: 'c2' });
      expect(again).toEqual({ pruned: 0, says: tooMany('50% of 12 objects', 12), isMarked: false });
      if (!isKilled) {
        break;
      }
    }
    expect(
      await cluster.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'old-0' }),
    ).toBeDefined();
  });

  test('what was deleted by an agent that was killed before it could say so stands no longer', async () => {
    const { apply } = await openStanding();
    await apply(some('old', 10), { commit: 'c1' });
    await expect(apply(some('old', 5), { commit: 'c2', endsOn: isInventory })).rejects.toThrow('killed');
    expect(await apply(some('old', 2), { commit: 'c3' })).toEqual({
      pruned: 0,
      says: tooMany('50% of 5 objects', 3),
      isMarked: false,
    });
  });

  test('a rename that may be is made by whoever comes after one that was killed', async () => {
    const { apply } = await openStanding();
    await apply(some('old', 10), { commit: 'c1' });
    await expect(apply(some('new', 10), { commit: 'c2', endsOn: /^DELETE / })).rejects.toThrow('killed');
    expect(await apply(some('new', 10), { commit: 'c2' })).toMatchObject({ pruned: 10, says: undefined });
  });

  test('what was there already, and was never ours, does not count', async () => {
    const { cluster, apply } = await openStanding();
    for (const name of some('their', 20)) {
      await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
    }
    for (const commit of ['c1', 'c2']) {
      await apply([...some('own', 12), ...some('their', 20)], { commit });
    }
    const says = tooMany('50% of 12 objects', 12);
    expect(await apply(some('their', 20), { commit: 'c3' })).toEqual({ pruned: 0, says, isMarked: false });
    expect(await apply(some('own', 12), { commit: 'c4' })).toEqual({ pruned: 0, says: undefined, isMarked: true });
  });

  test('two sources have a count each', async () => {
    const { apply } = await openStanding();
    await apply(some('web', 30), { commit: 'c1', agent: 'shop.web' });
    await apply(some('api', 4), { commit: 'c1', agent: 'shop.api' });
    const says = tooMany('50% of 4 objects', 3);
    expect(await apply(some('api', 1), { commit: 'c2', agent: 'shop.api' })).toMatchObject({ pruned: 0, says });
    // What went over to the other source is no loss.
    await apply([...some('web', 30), ...some('api', 3, 1)], { commit: 'c2', agent: 'shop.web' });
    expect(await apply(some('api', 1), { commit: 'c2', agent: 'shop.api' })).toEqual({
      pruned: 0,
      says: undefined,
      isMarked: true,
    });
  });
});

describe('an inventory of an older release, which did not note what stood', () => {
  const lines = (names: readonly string[]) => names.map((name) => `v1 ConfigMap default ${name}`).join('\n');
  const older = async (revision: string, names: readonly string[]) => {
    const standing = await openStanding();
    await standing.apply(names, { commit: revision });
    await standing.cluster.apply({
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: {
        ...{ name: 'sluice-inventory-shop', namespace: 'default' },
        labels: { 'sluice.dev/inventory': 'shop' },
      },
      data: { revision, objects: lines(names) },
    });
    return standing;
  };
  const both = [...some('old', 20), ...some('new', 20)];

  test('and had refused to prune a revision does not lift the limit of that', async () => {
    const { apply } = await older('c2', both);
    for (const commit of ['c2', 'c2', 'c3']) {
      expect(await apply(some('new', 20), { commit })).toEqual({
        pruned: 0,
        says: tooMany('50% of 20 objects', 20),
        isMarked: false,
      });
    }
  });

  test('goes on by the next revision', async () => {
    const { apply } = await older('c1', some('old', 20));
    expect(await apply(some('old', 12), { commit: 'c2' })).toEqual({ pruned: 8, says: undefined, isMarked: true });
    expect(await apply(some('old', 4), { commit: 'c3' })).toMatchObject({ says: tooMany('50% of 12 objects', 8) });
  });
});
