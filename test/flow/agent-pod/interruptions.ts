import { kill } from 'node:process';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { configMap, job, PRE_SYNC, printed } from './manifests.ts';
import { agentStatus, observe, PATIENTLY, untilAtWork, untilHealthy, untilSaid } from './observed.ts';
import type { AgentPod } from './pods.ts';
import type { PodStage } from './stage.ts';

/** Long enough for whatever is broken meanwhile; the apply that waits for it is in its middle for certain. */
const HOOK_SECONDS = 10;

/** A template of few bytes that is a gigabyte before it is a manifest. */
const DOUBLING = `{{- $text := "0123456789abcdef" }}
{{- range until 26 }}{{ $text = printf "%s%s" $text $text }}{{ end }}
${configMap('large', '{{ len $text }}')}`;

interface EventList {
  readonly items: readonly { readonly reason: string; readonly message: string }[];
}

/** What breaks a pod of the agent, or what it runs on. */
export function interruptions(stage: () => PodStage): void {
  describe('an agent that is interrupted', () => {
    const leader = async () => waitFor('a pod leads', async () => stage().agents.leader(), PATIENTLY);
    const startedAgain = async ({ name, restarts }: AgentPod) =>
      waitFor(
        `${name} is started again and ready`,
        async () => {
          const now = (await stage().agents.list()).find((one) => one.name === name);
          return now?.isReady === true && now.restarts > restarts ? now : undefined;
        },
        PATIENTLY,
      );
    /** Commits a hook that takes a while, what comes after it, and that something goes. */
    const commitAfterHook = (name: string, leaving: string) => {
      const command = ['sleep', String(HOOK_SECONDS)];
      return stage().branch.commit({
        [`k8s/${name}-hook.json`]: job({ name, image: stage().busybox, command, annotations: PRE_SYNC }),
        [`k8s/${name}.json`]: configMap(name, 'after the hook'),
        [`k8s/${leaving}.json`]: undefined,
      });
    };
    const commitWithoutHook = async (name: string) => {
      await untilHealthy(stage(), stage().branch.commit({ [`k8s/${name}-hook.json`]: undefined }));
    };

    test('goes on with an apply while kubelet and containerd of every node are killed and come back', async () => {
      const { agents, branch, real } = stage();
      await untilHealthy(stage(), branch.commit({ 'k8s/brief.json': configMap('brief', 'to go') }));
      const [before, holders] = [await agents.list(), agents.holders()];
      const revision = commitAfterHook('restarted-node', 'brief');
      const hook = await untilAtWork(stage(), 'restarted-node');
      for (const node of real.nodes)
        for (const part of ['kubelet', 'containerd'] as const) await node.end(part, 'SIGKILL');
      expect(await observe(stage(), 'configmap', 'restarted-node')).toBeUndefined();
      for (const node of real.nodes) for (const part of ['containerd', 'kubelet'] as const) await node.start(part);
      await untilHealthy(stage(), revision);
      expect((await observe(stage(), 'job', 'restarted-node'))?.metadata.uid).toBe(hook.metadata.uid);
      expect(await observe(stage(), 'configmap', 'brief')).toBeUndefined();
      const areReady = async () => (await agents.list()).every(({ isReady }) => isReady);
      await waitFor('the kubelets find both ready', areReady, PATIENTLY);
      expect({ pods: await agents.list(), holders: agents.holders() }).toEqual({ pods: before, holders });
      await commitWithoutHook('restarted-node');
    });

    test('that the kernel ended at its memory limit in the middle of an apply is started again, and nothing is lost', async () => {
      const { agents, branch } = stage();
      const first = { 'k8s/brief.json': configMap('brief', 'to go'), 'k8s/kept.json': configMap('kept', 'to stay') };
      await untilHealthy(stage(), branch.commit(first));
      const kept = await observe(stage(), 'configmap', 'kept');
      const revision = commitAfterHook('out-of-memory', 'brief');
      const hook = await untilAtWork(stage(), 'out-of-memory');
      const ended = await leader();
      await agents.cgroup(ended).fill();
      const again = await startedAgain(ended);
      expect(again).toMatchObject({ uid: ended.uid, restarts: ended.restarts + 1 });
      expect(again.lastEnd).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
      await untilHealthy(stage(), revision);
      // The hook ran once for its revision, whoever went on with that; what left Git went, and nothing else.
      expect((await observe(stage(), 'job', 'out-of-memory'))?.metadata.uid).toBe(hook.metadata.uid);
      expect(await observe(stage(), 'configmap', 'brief')).toBeUndefined();
      expect((await observe(stage(), 'configmap', 'kept'))?.metadata.uid).toBe(kept?.metadata.uid);
      await commitWithoutHook('out-of-memory');
    });

    test('and whose repository takes more memory than a pod has says what was killed, keeps what stands, and goes on', async () => {
      const { branch, agents } = stage();
      const before = await observe(stage(), 'configmap', 'templated');
      const chart = { apiVersion: 'v2', name: 'large', version: '1.0.0' };
      const files = { 'k8s/large/Chart.yaml': printed(chart), 'k8s/large/templates/a.yaml': DOUBLING };
      const revision = branch.commit(files);
      const failed = await waitFor(
        'the agent says so',
        async () => {
          const status = await agentStatus(stage());
          return status['revision'] === revision && status['state'] === 'failed' ? status : undefined;
        },
        PATIENTLY,
      );
      expect(failed['problems']).toContain(
        'helm: it was killed (SIGKILL), as the kernel does where the pod has no memory left',
      );
      expect((await observe(stage(), 'configmap', 'templated'))?.metadata.uid).toBe(before?.metadata.uid);
      const gone = Object.fromEntries(Object.keys(files).map((path) => [path, undefined]));
      await untilHealthy(stage(), branch.commit(gone));
      expect((await agents.list()).every(({ isReady }) => isReady)).toBe(true);
    });

    test('and hangs fails the probe that the kubelet asks, and is started again while the other goes on', async () => {
      const { agents, branch, cluster } = stage();
      const hanging = await leader();
      kill(agents.cgroup(hanging).mainProcess(), 'SIGSTOP');
      branch.commit({ 'k8s/hung.json': configMap('hung', 'by the other') });
      await untilSaid(stage(), 'hung', 'by the other');
      expect((await leader()).name).not.toBe(hanging.name);
      const again = await startedAgain(hanging);
      expect(again).toMatchObject({ uid: hanging.uid, lastEnd: { exitCode: 137 } });
      const selector = encodeURIComponent(`involvedObject.uid=${hanging.uid}`);
      const { items } = (await cluster.api.get(
        `/api/v1/namespaces/sluice/events?fieldSelector=${selector}`,
      )) as EventList;
      const told = items.map(({ reason, message }) => `${reason}: ${message}`);
      expect(told).toContainEqual(expect.stringMatching(/^Unhealthy: Liveness probe failed: Get "http:\S+\/healthz"/));
      expect(told).toContain('Killing: Container agent failed liveness probe, will be restarted');
    });
  });
}
