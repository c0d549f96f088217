import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { openAgentStage } from './agent-stage.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const TIME = { healthTimeoutMillis: 60_000 };
const MADE_ANEW = 'configured (made anew, because a hook runs once for each revision)';

const configMap = (name: string, data = 'a: "1"', annotations = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, annotations: { ${annotations} } }\ndata: { ${data} }\n`;

interface JobOptions {
  readonly hook: string;
  readonly image?: string;
  readonly fails?: boolean;
  readonly spec?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly template?: string;
}
const job = (name: string, options: JobOptions) => `apiVersion: batch/v1
kind: Job
metadata: { ${options.name ?? `name: ${name}`}, namespace: ${options.namespace ?? 'default'}, annotations: { ${options.hook} } }
spec:
  backoffLimit: 0
  ${options.spec ?? ''}
  template:
    metadata: { labels: { pod-container-running-failed.stage.kwok.x-k8s.io: "${options.fails === true}" } }
    spec:
      restartPolicy: Never
      ${options.template ?? ''}
      containers: [{ name: job, image: "registry.example.com/${options.image ?? 'job:1'}" }]
`;
const argo = (hook: string, policy?: string) =>
  `argocd.argoproj.io/hook: "${hook}"${policy === undefined ? '' : `, argocd.argoproj.io/hook-delete-policy: "${policy}"`}`;
const PRE = argo('PreSync');

interface Live {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly data?: Record<string, string>;
}

describe('hooks on a real control plane', { timeout: 240_000 }, () => {
  let cluster: ControlPlane;
  let stage: Awaited<ReturnType<typeof openAgentStage>>;
  beforeAll(async () => {
    cluster = await startControlPlane({ chaos: true, unpullableImages: ':unpullable$' });
    stage = await openAgentStage(cluster.kubeconfig);
  }, 120_000);
  afterAll(async () => cluster?.stop());
  const live = async (path: string): Promise<Live | undefined> => {
    const { status, body } = await cluster.api.request(path);
    return status === 404 ? undefined : (body as Live);
  };
  const uidOf = async (name: string) => (await live(`${JOBS}/${name}`))?.metadata.uid;

  test.each([
    { words: 'Argo CD', hook: PRE },
    { words: 'Helm', hook: 'helm.sh/hook: "pre-install,pre-upgrade"' },
  ])(
    'a Job of $words that does not come up holds what follows, and the next revision mends it',
    async ({ words, hook }) => {
      const name = `gate-${words.length}`;
      const files = { 'a.yml': configMap(name), 'j.yml': job(name, { hook, image: 'job:unpullable' }) };
      const first = await stage.apply(files, { agent: name, healthTimeoutMillis: 3000 });
      expect(first.lines).toEqual([
        `job/default/${name} created`,
        `configmap/default/${name} skipped (it waits for PreSync, wave 0, which is not healthy)`,
      ]);
      expect(first.report).toMatchObject({
        healthy: false,
        problems: [
          expect.stringMatching(/^job\/default\/gate-\d: the job has not completed yet; pod .*ImagePullBackOff/),
        ],
      });
      expect(await live(`${CONFIG_MAPS}/${name}`)).toBeUndefined();
      const before = await uidOf(name);
      const mended = { ...files, 'j.yml': job(name, { hook }) };
      const second = await stage.apply(mended, { agent: name, commit: 'c2', ...TIME });
      expect(second.lines).toEqual([`job/default/${name} ${MADE_ANEW}`, `configmap/default/${name} created`]);
      expect(second.report).toMatchObject({ healthy: true, problems: [] });
      expect(await uidOf(name)).not.toBe(before);
    },
  );

  test('a Job that failed says so in this run, holds each sync of its revision, and is run again by the next', async () => {
    const files = { 'a.yml': configMap('fails'), 'j.yml': job('fails', { hook: PRE, fails: true }) };
    const first = await stage.apply(files, { agent: 'fails', ...TIME });
    expect(first.report).toMatchObject({
      healthy: false,
      problems: [expect.stringMatching(/^job\/default\/fails: job failed after 1 failed pods: .*; pod fails-\w+: /)],
    });
    const failed = await uidOf('fails');
    const again = await stage.apply(files, { agent: 'fails', ...TIME });
    expect(again.lines).toEqual([
      'job/default/fails unchanged',
      'configmap/default/fails skipped (it waits for PreSync, wave 0, which is not healthy)',
    ]);
    expect(again.report.problems).toEqual(first.report.problems);
    expect(await uidOf('fails')).toBe(failed);
    expect(await live(`${CONFIG_MAPS}/fails`)).toBeUndefined();
    const next = await stage.apply({ ...files, 'j.yml': job('fails', { hook: PRE }) }, { agent: 'fails', ...TIME });
    expect(next.lines).toEqual([`job/default/fails ${MADE_ANEW}`, 'configmap/default/fails created']);
  });

  test('a Job runs once for each revision that asks for something else, and not for a commit that does not', async () => {
    const files = { 'a.yml': configMap('once'), 'j.yml': job('once', { hook: PRE }) };
    await stage.apply(files, { agent: 'once', ...TIME });
    const first = await uidOf('once');
    for (const commit of ['c1', 'c2']) {
      const { lines } = await stage.apply(files, { agent: 'once', commit, ...TIME });
      expect(lines).toEqual(['job/default/once unchanged', 'configmap/default/once unchanged']);
    }
    expect(await uidOf('once')).toBe(first);
    const changed = { ...files, 'a.yml': configMap('once', 'a: "2"') };
    const shown = await stage.dryRun(changed, { agent: 'once', commit: 'c3', ...TIME });
    expect(shown.lines[0]).toMatch(/^job\/default\/once configured \(made anew, because a hook runs once/);
    expect(await uidOf('once')).toBe(first);
    const { lines } = await stage.apply(changed, { agent: 'once', commit: 'c3', ...TIME });
    expect(lines).toEqual([`job/default/once ${MADE_ANEW}`, 'configmap/default/once configured']);
    const second = await uidOf('once');
    expect(second).not.toBe(first);
    const back = await stage.apply(files, { agent: 'once', commit: 'c4', ...TIME });
    expect(back.lines[0]).toBe(`job/default/once ${MADE_ANEW}`);
  });

  test.each([
    { words: 'Argo CD', hook: argo('PreSync', 'HookSucceeded') },
    {
      words: 'Helm',
      hook: 'helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"',
    },
  ])('what is deleted when it succeeded, in the words of $words, is no drift', async ({ words, hook }) => {
    const name = `gone-${words.length}`;
    const account = `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, annotations: { ${hook} } }\n`;
    const files = {
      'a.yml': configMap(name),
      's.yml': account,
      'j.yml': job(name, { hook, template: `serviceAccountName: ${name}` }),
    };
    const first = await stage.apply(files, { agent: name, ...TIME });
    expect(first.lines).toEqual([
      `serviceaccount/default/${name} created`,
      `job/default/${name} created`,
      `configmap/default/${name} created`,
    ]);
    const look = async () => [await live(`${JOBS}/${name}`), await live(`${ACCOUNTS}/${name}`)];
    await expect.poll(look, { timeout: 20_000 }).toEqual([undefined, undefined]);
    const again = await stage.apply(files, { agent: name, ...TIME });
    expect(again.lines.every((line) => line.endsWith(' unchanged'))).toBe(true);
    expect(again.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect(await look()).toEqual([undefined, undefined]);
    const changed = { ...files, 'a.yml': configMap(name, 'a: "2"') };
    const next = await stage.apply(changed, { agent: name, commit: 'c2', ...TIME });
    expect(next.lines.slice(0, 2)).toEqual([`serviceaccount/default/${name} created`, `job/default/${name} created`]);
  });

  test('what is deleted when it failed stays failed until the next revision', async () => {
    const hook = argo('PreSync', 'HookFailed');
    const files = { 'a.yml': configMap('swept'), 'j.yml': job('swept', { hook, fails: true }) };
    const { report } = await stage.apply(files, { agent: 'swept', ...TIME });
    expect(report.problems).toEqual([expect.stringMatching(/^job\/default\/swept: job failed after 1 failed pods/)]);
    await expect.poll(async () => uidOf('swept'), { timeout: 20_000 }).toBeUndefined();
    const again = await stage.apply(files, { agent: 'swept', ...TIME });
    expect(again.lines).toEqual([
      'job/default/swept failed (it failed in this revision, and is run again by the next (j.yml:1))',
      'configmap/default/swept skipped (it waits for PreSync, wave 0, which is not healthy)',
    ]);
    const mended = { ...files, 'j.yml': job('swept', { hook }) };
    const next = await stage.apply(mended, { agent: 'swept', commit: 'c2', ...TIME });
    expect(next.lines).toEqual(['job/default/swept created', 'configmap/default/swept created']);
  });

  test('a failed Job that somebody deletes is run again', async () => {
    const files = { 'j.yml': job('retried', { hook: PRE, fails: true }) };
    await stage.apply(files, { agent: 'retried', ...TIME });
    const first = await uidOf('retried');
    await cluster.api.request(`${JOBS}/retried?propagationPolicy=Background`, { method: 'DELETE' });
    await expect.poll(async () => uidOf('retried'), { timeout: 20_000 }).toBeUndefined();
    const { lines } = await stage.apply(files, { agent: 'retried', ...TIME });
    expect(lines).toEqual(['job/default/retried created']);
    expect(await uidOf('retried')).not.toBe(first);
  });

  test.each([
    { what: 'a hook', hook: PRE },
    { what: 'no hook', hook: '' },
  ])('a Job with generateName that is $what is made once a revision', async ({ what, hook }) => {
    const agent = `generated-${what.length}`;
    const files = { 'a.yml': configMap(agent), 'j.yml': job('', { hook, name: `generateName: ${agent}-` }) };
    const first = await stage.apply(files, { agent, ...TIME });
    const [name = ''] = first.lines.flatMap((line) => /^job\/default\/(\S+) created$/.exec(line)?.[1] ?? []);
    expect(name).toMatch(new RegExp(`^${agent}-[0-9a-f]{8}$`));
    const uid = await uidOf(name);
    const again = await stage.apply(files, { agent, ...TIME });
    expect(again.lines).toContain(`job/default/${name} unchanged`);
    expect(await uidOf(name)).toBe(uid);
    const changed = { ...files, 'a.yml': configMap(agent, 'a: "2"') };
    const next = await stage.apply(changed, { agent, commit: 'c2', ...TIME });
    expect(next.lines).toContain(`job/default/${name} ${MADE_ANEW}`);
    const anotherImage = { ...files, 'j.yml': files['j.yml'].replace('job:1', 'job:2') };
    const last = await stage.apply(anotherImage, { agent, commit: 'c3', ...TIME });
    expect(last.lines).toContain(`job/default/${name} ${MADE_ANEW}`);
    expect(last.lines.filter((line) => line.endsWith(' pruned'))).toEqual([]);
  });

  test('a Job that is to be cleaned up at once is seen to complete, and not run again', async () => {
    const files = {
      'a.yml': configMap('brief'),
      'j.yml': job('brief', { hook: PRE, spec: 'ttlSecondsAfterFinished: 0' }),
    };
    const { report } = await stage.apply(files, { agent: 'brief', ...TIME });
    expect(report).toMatchObject({ healthy: true });
    await cluster.api.request(`${JOBS}/brief?propagationPolicy=Background`, { method: 'DELETE' });
    await expect.poll(async () => uidOf('brief'), { timeout: 20_000 }).toBeUndefined();
    const again = await stage.apply(files, { agent: 'brief', ...TIME });
    expect(again.lines).toEqual(['job/default/brief unchanged', 'configmap/default/brief unchanged']);
    expect(await uidOf('brief')).toBeUndefined();
  });

  test('a claim that is a hook stays, whatever its policy says', async () => {
    const hook = 'helm.sh/hook: pre-install, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"';
    const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: kept, annotations: { ${hook} } }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
`;
    const files = { 'c.yml': claim, 'a.yml': configMap('kept') };
    await stage.apply(files, { agent: 'kept', healthTimeoutMillis: 500 });
    const first = await live(`${CLAIMS}/kept`);
    await cluster.api.request(`${CLAIMS}/kept/status`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { status: { phase: 'Bound' } },
    });
    for (const data of ['a: "1"', 'a: "2"']) {
      await stage.apply({ ...files, 'a.yml': configMap('kept', data) }, { agent: 'kept', healthTimeoutMillis: 5000 });
      expect((await live(`${CLAIMS}/kept`))?.metadata.uid).toBe(first?.metadata.uid);
    }
  });

  test('a hook of two phases runs in each of them', async () => {
    const files = { 'a.yml': configMap('twice'), 'j.yml': job('twice', { hook: argo('PreSync,PostSync') }) };
    const { lines, report } = await stage.apply(files, { agent: 'twice', ...TIME });
    expect(lines).toEqual([
      'job/default/twice created',
      'configmap/default/twice created',
      `job/default/twice ${MADE_ANEW}`,
    ]);
    expect(report).toMatchObject({ healthy: true });
    const again = await stage.apply(files, { agent: 'twice', ...TIME });
    expect(again.lines.every((line) => line.endsWith(' unchanged'))).toBe(true);
  });

  test('a hook after the sync that fails makes the revision unhealthy, and what runs on failure runs once', async () => {
    const files = {
      'a.yml': configMap('after'),
      'j.yml': job('after', { hook: argo('PostSync'), fails: true }),
      'f.yml': job('alarm', { hook: argo('SyncFail') }),
    };
    const good = { ...files, 'j.yml': job('after', { hook: argo('PostSync') }) };
    const healthy = await stage.apply(good, { agent: 'after', ...TIME });
    expect(healthy.lines).toEqual([
      'configmap/default/after created',
      'job/default/after created',
      'job/default/alarm skipped (it runs when a revision fails)',
    ]);
    expect(await uidOf('alarm')).toBeUndefined();
    const { lines, report } = await stage.apply(files, { agent: 'after', commit: 'c2', ...TIME });
    expect(lines).toEqual([
      'configmap/default/after unchanged',
      `job/default/after ${MADE_ANEW}`,
      'job/default/alarm created',
    ]);
    expect(report.problems).toEqual([expect.stringMatching(/^job\/default\/after: job failed after 1 failed pods/)]);
    const alarm = await uidOf('alarm');
    await stage.apply(files, { agent: 'after', commit: 'c2', ...TIME });
    expect(await uidOf('alarm')).toBe(alarm);
    const mended = await stage.apply(good, { agent: 'after', commit: 'c3', ...TIME });
    expect(mended.report).toMatchObject({ healthy: true });
    expect(await uidOf('alarm')).toBe(alarm);
  });

  test('what runs on failure does so too where a hook before the sync failed', async () => {
    const files = {
      'a.yml': configMap('early'),
      'j.yml': job('early', { hook: argo('PreSync,SyncFail'), fails: true }),
    };
    const { lines } = await stage.apply(files, { agent: 'early', ...TIME });
    expect(lines).toEqual([
      'job/default/early created',
      'configmap/default/early skipped (it waits for PreSync, wave 0, which is not healthy)',
      `job/default/early ${MADE_ANEW}`,
    ]);
    const uid = await uidOf('early');
    const again = await stage.apply(files, { agent: 'early', ...TIME });
    expect(again.lines[0]).toBe(
      'job/default/early failed (it failed in this revision, and is run again by the next (j.yml:1))',
    );
    expect(await uidOf('early')).toBe(uid);
  });

  test('a Job whose account comes later says what it lacks', async () => {
    const files = {
      'j.yml': job('lacks', { hook: PRE, template: 'serviceAccountName: later' }),
      'a.yml': configMap('lacks'),
    };
    const { report } = await stage.apply(files, { agent: 'lacks', healthTimeoutMillis: 5000 });
    expect(report.problems).toEqual([
      expect.stringMatching(
        /^job\/default\/lacks: the job has not completed yet; FailedCreate: .*serviceaccount "later" not found/,
      ),
    ]);
  });

  test('a namespace and a definition come with the first wave that needs them', async () => {
    const wave = (number: number) => `argocd.argoproj.io/sync-wave: "${number}"`;
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.order.example.com, annotations: { ${wave(5)} } }
spec:
  group: order.example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;
    const files = {
      'n.yml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: moved, annotations: { ${argo('PostSync')} } }\n`,
      'd.yml': definition,
      'l.yml': JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'List' },
        items: [
          {
            ...{ apiVersion: 'order.example.com/v1', kind: 'Widget' },
            metadata: {
              ...{ name: 'w', namespace: 'moved' },
              annotations: { 'argocd.argoproj.io/sync-wave': '-1' },
            },
          },
        ],
      }),
      'j.yml': job('moved', { hook: PRE, namespace: 'moved' }),
    };
    const { lines, report } = await stage.apply(files, { agent: 'moved', ...TIME });
    expect(report.problems).toEqual([]);
    expect(lines).toEqual([
      'namespace/moved created',
      'job/moved/moved created',
      'customresourcedefinition/widgets.order.example.com created',
      'widget/moved/w created',
    ]);
  });

  test.each([
    {
      what: 'a hook without a name',
      file: `apiVersion: batch/v1\nkind: Job\nmetadata: { annotations: { ${PRE} } }\n`,
      held: /^it waits for j\.yml:1, which cannot be read and may have to come before it$/,
    },
    {
      what: 'a file that is no YAML and names a hook',
      file: 'kind: [\nargocd.argoproj.io/hook: PreSync',
      held: /^it waits for j\.yml:\d, which cannot be read and may have to come before it$/,
    },
    {
      what: 'a hook of a moment that there is not',
      file: job('strange', { hook: argo('PreSnyc') }),
      held: /^it waits for job\/default\/strange, whose place in the order cannot be read$/,
    },
    {
      what: 'a hook whose weight is no number',
      file: job('strange', { hook: 'helm.sh/hook: pre-upgrade, helm.sh/hook-weight: first' }),
      held: /^it waits for job\/default\/strange, whose place in the order cannot be read$/,
    },
  ])('$what holds what comes after it', async ({ what, file, held }) => {
    const name = `unread-${what.length}`;
    const { report } = await stage.apply({ 'a.yml': configMap(name), 'j.yml': file }, { agent: name, ...TIME });
    expect(report.healthy).toBe(false);
    expect(report.objects).toContainEqual({
      object: `configmap/default/${name}`,
      action: 'skipped',
      reason: expect.stringMatching(held),
    });
    expect(await live(`${CONFIG_MAPS}/${name}`)).toBeUndefined();
  });

  test('what cannot be read and is no hook holds nothing', async () => {
    const files = { 'a.yml': configMap('free'), 'j.yml': job('free', { hook: PRE }), 'x.yml': 'kind: [' };
    const { lines } = await stage.apply(files, { agent: 'free', ...TIME });
    expect(lines).toEqual(['job/default/free created', 'configmap/default/free created']);
  });

  test('killed at any request and started again a hook that ran does not run again, and none is passed over', async () => {
    const filesOf = (data: string) => ({
      'a.yml': configMap('kill-hook', `a: "${data}"`),
      'j.yml': job('kill-hook', { hook: PRE }),
    });
    let endsAt = 0;
    let killed = true;
    while (killed) {
      endsAt += 1;
      const before = await uidOf('kill-hook');
      const commit = `c${endsAt}`;
      const options = { agent: 'kill-hook', commit, ...TIME };
      killed = await stage.apply(filesOf(commit), { ...options, endsAt }).then(
        () => false,
        () => true,
      );
      const atKill = await uidOf('kill-hook');
      const { report } = await stage.apply(filesOf(commit), options);
      expect(report.problems).toEqual([]);
      const after = await uidOf('kill-hook');
      expect(after).not.toBe(before);
      expect([before, undefined, after]).toContain(atKill);
      expect((await live(`${CONFIG_MAPS}/kill-hook`))?.data).toEqual({ a: commit });
    }
    expect(endsAt).toBeGreaterThan(8);
  });
});
