import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { kubectl } from '../installation.ts';
import type { Line } from '../stage.ts';
import { configMap } from './manifests.ts';
import { PATIENTLY, untilSaid } from './observed.ts';
import type { AgentPod } from './pods.ts';
import type { PodStage } from './stage.ts';

const ROLLED_OUT = ['rollout', 'status', 'deployment/sluice-agent', '-n', 'sluice', '--timeout=3m'];

/** What a process writes that is at work. */
const isWork = ({ message }: Line) => /^(object|revision) /.test(String(message));

/** The work that a pod has done at or after another came to lead: none is right. */
function lateWork(lines: readonly Line[], others: readonly Line[]): readonly Line[] {
  const came = others.filter(({ message }) => message === 'leading').map(({ time }) => String(time));
  const left =
    lines
      .filter(({ message }) => message === 'leading')
      .map(({ time }) => String(time))
      .at(-1) ?? '';
  const next = came.filter((time) => time > left).toSorted()[0];
  return next === undefined ? [] : lines.filter((line) => isWork(line) && String(line['time']) > next);
}

/** Pods of the agent that are ended on purpose. */
export function handOver(stage: () => PodStage): void {
  describe('an agent whose pods are replaced', () => {
    /** Commits one change after another, each when the one before is applied, until it is told to end. */
    const keepCommitting = (name: string) => {
      const end = new AbortController();
      let count = 0;
      onTestFinished(() => end.abort());
      const committing = (async () => {
        while (!end.signal.aborted) {
          count += 1;
          stage().branch.commit({ [`k8s/${name}.json`]: configMap(name, `change ${count}`) });
          await untilSaid(stage(), name, `change ${count}`);
        }
      })();
      return async () => {
        end.abort();
        await committing;
        return count;
      };
    };

    test('hands its Lease over in a roll-out of itself, applies all along, and no two are at work', async () => {
      const { agents, cluster } = stage();
      const before = await agents.list();
      const followed = await Promise.all(before.map((pod) => agents.follow(pod)));
      const [first] = agents.holders().slice(-1);
      const seen = agents.holders().length;
      const endCommitting = keepCommitting('rolling');
      await kubectl(cluster, ['rollout', 'restart', 'deployment/sluice-agent', '-n', 'sluice']);
      await kubectl(cluster, ROLLED_OUT);
      await waitFor('the old pods are gone', () => areGone(before), PATIENTLY);
      expect(await endCommitting()).toBeGreaterThan(1);

      const after = await agents.list();
      // Given back before another took it, each time: it never ran out.
      const turns = [first, ...agents.holders().slice(seen)];
      expect(turns.filter((_, turn) => turn % 2 === 1)).toEqual(Array(Math.floor(turns.length / 2)).fill(''));
      expect(after.map(({ name }) => name)).toContain(turns.at(-1));
      const logs = [...followed.map((lines) => lines()), ...(await Promise.all(after.map((pod) => agents.lines(pod))))];
      expect(logs.slice(0, before.length).map((lines) => lines.at(-1)?.['message'])).toContain('lease given back');
      for (const lines of logs) expect(lateWork(lines, logs.filter((one) => one !== lines).flat())).toEqual([]);
    });

    test('keeps one pod through the drain of a node that held both, as its PodDisruptionBudget says', async () => {
      const { agents, cluster, real } = stage();
      const [left = '', right = ''] = real.nodes.map(({ name }) => name);
      await kubectl(cluster, ['cordon', right]);
      for (const { name, node } of await agents.list()) {
        if (node === right) await kubectl(cluster, ['delete', 'pod', name, '-n', 'sluice']);
      }
      const onOne = await waitFor(
        'both pods are ready on one node',
        () => bothReady(({ node }) => node === left),
        PATIENTLY,
      );
      await kubectl(cluster, ['uncordon', right]);
      const endCommitting = keepCommitting('draining');
      const endCounting = countReady();
      const budget = "Cannot evict pod as it would violate the pod's disruption budget";
      expect(await drained(left)).toEqual({ end: 'exit code 0', log: expect.stringContaining(budget) });
      const moved = await waitFor(
        'both pods are ready elsewhere',
        () => bothReady(({ node }) => node === right),
        PATIENTLY,
      );
      expect(await endCounting()).toBeGreaterThan(0);
      expect(await endCommitting()).toBeGreaterThan(0);
      expect(moved.filter(({ uid }) => onOne.some((one) => one.uid === uid))).toEqual([]);
      await kubectl(cluster, ['uncordon', left]);
    });

    /** What `kubectl drain` says of a node, until all is gone from it. */
    const drained = async (node: string) => {
      const words = ['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=2m'];
      const drain = await stage().agents.kubectl('drain', words);
      await waitFor(`${node} is drained`, () => drain.ended(), PATIENTLY);
      return { end: drain.ended(), log: drain.log() };
    };
    const areGone = async (pods: readonly AgentPod[]) => {
      const words = ['get', 'pods', '-n', 'sluice', '-o', 'name'];
      const names = await kubectl(stage().cluster, words);
      return pods.every(({ name }) => !names.includes(name));
    };
    const bothReady = async (where: (pod: AgentPod) => boolean) => {
      const pods = (await stage().agents.list()).filter((pod) => pod.isReady && where(pod));
      return pods.length === 2 ? pods : undefined;
    };
    /** Counts the pods that are ready again and again; the fewest at a time are told at the end. */
    const countReady = () => {
      const end = new AbortController();
      onTestFinished(() => end.abort());
      let fewest = Number.POSITIVE_INFINITY;
      const counting = (async () => {
        while (!end.signal.aborted) {
          fewest = Math.min(fewest, (await stage().agents.list()).filter(({ isReady }) => isReady).length);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      })();
      return async () => {
        end.abort();
        await counting;
        return fewest;
      };
    };
  });
}
