import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { useControlPlane } from './control-plane-stage.ts';
import { until } from './stage.ts';

const NAMESPACES = '/api/v1/namespaces';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const POLICIES = '/apis/admissionregistration.k8s.io/v1';
const FORCE = 'sluice.dev/force: enabled';
const ARGO_FORCE = 'argocd.argoproj.io/sync-options: "Replace=true,Force=true"';
const ARGO_REPLACE = 'argocd.argoproj.io/sync-options: "Replace=true"';

const definition = (group: string, mark: string, scope = 'Cluster') => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${group}, annotations: { ${mark} } }
spec:
  group: ${group}
  scope: ${scope}
  names: { plural: widgets, singular: widget, kind: Widget }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: { type: string, x-kubernetes-validations: [{ rule: "self == oldSelf" }] }
                least: { type: integer, x-kubernetes-validations: [{ rule: "self > 0" }] }
`;
const widget = (group: string, spec: string, mark = FORCE) =>
  `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: w, annotations: { ${mark} } }\nspec: { ${spec} }\n`;
const claim = (name: string, storageClass: string, mark = FORCE) => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name}, annotations: { ${mark} } }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ${storageClass}
  resources: { requests: { storage: 1Gi } }
`;
const volume = (name: string, path: string) => `apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name}, annotations: { ${FORCE} } }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ${name}
  persistentVolumeReclaimPolicy: Delete
  capacity: { storage: 1Gi }
  nfs: { server: nfs.example.com, path: ${path} }
`;
const statefulSet = (name: string, service: string, whenDeleted: string) => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ${name}, annotations: { ${FORCE} } }
spec:
  serviceName: ${service}
  replicas: 0
  persistentVolumeClaimRetentionPolicy: { whenDeleted: ${whenDeleted}, whenScaled: Retain }
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: app, image: "registry.example.com/app:1" }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

describe('making objects anew on a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();

  const uidOf = async (path: string) =>
    ((await on.cluster.api.get(path)) as { metadata: { uid: string } }).metadata.uid;
  const create = async (path: string, kind: string, name: string, apiVersion = 'v1') =>
    on.cluster.api.create(path, { apiVersion, kind, metadata: { name } });
  /** Applies one object after another, and tells whether the second took the place of the first. */
  const change = async (
    path: string,
    [first, second]: readonly [string, string],
    allow: readonly ('namespaces' | 'crds' | 'claims')[] = [],
    between: () => Promise<unknown> = async () => {},
  ) => {
    const agent = `remake-${path.split('/').at(-1)}`;
    await on.stage.apply({ 'a.yml': first }, { agent, healthTimeoutMillis: 100 });
    const before = await uidOf(path);
    await between();
    const { report } = await on.stage.apply({ 'a.yml': second }, { agent, prune: { allow: new Set(allow) } });
    return { isSame: (await uidOf(path)) === before, result: report.objects[0] };
  };
  const kept = (reason: RegExp) => ({
    isSame: true,
    result: { action: 'failed', reason: expect.stringMatching(reason) },
  });
  const remade = (fields: string) => ({
    isSame: false,
    result: { action: 'configured', reason: `made anew, because ${fields} cannot be changed` },
  });

  test.each([
    {
      what: 'asks as for kubectl replace',
      group: 'replace.example.com',
      mark: ARGO_REPLACE,
      instance: false,
      says: /spec\.scope: .*field is immutable \(a\.yml:1\)$/,
    },
    {
      what: 'asks by Argo CD’s Force, and has another’s object',
      group: 'argo.example.com',
      mark: ARGO_FORCE,
      instance: true,
      says: /field is immutable\. It is not made anew, because widget\/theirs in it would be lost\. Allow it with --prune-allow crds \(a\.yml:1\)$/,
    },
    {
      what: 'asks by Sluice’s annotation, and has another’s object',
      group: 'force.example.com',
      mark: FORCE,
      instance: true,
      says: /because widget\/theirs in it would be lost/,
    },
  ])('a definition stays that $what', async ({ group, mark, instance, says }) => {
    const path = `${CRDS}/widgets.${group}`;
    const versions = [definition(group, mark), definition(group, mark, 'Namespaced')] as const;
    const outcome = await change(path, versions, [], async () =>
      instance ? create(`/apis/${group}/v1/widgets`, 'Widget', 'theirs', `${group}/v1`) : undefined,
    );
    expect(outcome).toMatchObject(kept(says));
  });

  test.each([
    { group: 'empty.example.com', what: 'with nothing in it', allow: [], instance: false },
    { group: 'allowed.example.com', what: 'that may take all', allow: ['crds'] as const, instance: true },
  ])('a definition $what is made anew', async ({ group, allow, instance }) => {
    const path = `${CRDS}/widgets.${group}`;
    const versions = [definition(group, FORCE), definition(group, FORCE, 'Namespaced')] as const;
    const outcome = await change(path, versions, allow, async () =>
      instance ? create(`/apis/${group}/v1/widgets`, 'Widget', 'theirs', `${group}/v1`) : undefined,
    );
    expect(outcome).toMatchObject(remade('spec.scope'));
  });

  const bound = (name: string) => `${NAMESPACES}/default/persistentvolumeclaims/${name}`;
  const bind = async (name: string) => {
    await on.cluster.api.create('/api/v1/persistentvolumes', parse(volume(name, '/a')));
    await until(`the claim ${name}`, { lines: () => [] }, async () => {
      const { status } = (await on.cluster.api.get(bound(name))) as { status: { phase?: string } };
      return status.phase === 'Bound' || undefined;
    });
  };

  test('a bound claim stays', async () => {
    const versions = [claim('bound', 'bound'), claim('bound', 'other')] as const;
    const says =
      /It is not made anew, because it is bound to the volume bound\. Allow it with --prune-allow claims \(a\.yml:1\)$/;
    expect(await change(bound('bound'), versions, [], async () => bind('bound'))).toMatchObject(kept(says));
  });

  test('a bound claim of which the data may be lost is made anew', async () => {
    const versions = [claim('lost', 'lost'), claim('lost', 'other')] as const;
    expect(await change(bound('lost'), versions, ['claims'], async () => bind('lost'))).toMatchObject(remade('spec'));
  });

  test('a claim that waits for a volume is made anew', async () => {
    expect(await change(bound('waits'), [claim('waits', 'none'), claim('waits', 'other')])).toMatchObject(
      remade('spec'),
    );
  });

  test('a bound volume stays', async () => {
    const path = '/api/v1/persistentvolumes/held';
    const outcome = await change(path, [volume('held', '/a'), volume('held', '/b')], [], async () => {
      await on.cluster.api.create(`${NAMESPACES}/default/persistentvolumeclaims`, parse(claim('held', 'held')));
      await until('the volume', { lines: () => [] }, async () => {
        const { status } = (await on.cluster.api.get(path)) as { status: { phase?: string } };
        return status.phase === 'Bound' || undefined;
      });
    });
    expect(outcome).toMatchObject(kept(/because it is bound to the claim held\. Allow it with --prune-allow claims/));
  });

  test('a volume that nobody has is made anew', async () => {
    const path = '/api/v1/persistentvolumes/free';
    expect(await change(path, [volume('free', '/a'), volume('free', '/b')])).toMatchObject(
      remade('spec.persistentvolumesource'),
    );
  });

  const sets = '/apis/apps/v1/namespaces/default/statefulsets';
  test('a StatefulSet that takes its claims with it stays', async () => {
    const versions = [statefulSet('takes', 'a', 'Delete'), statefulSet('takes', 'b', 'Delete')] as const;
    expect(await change(`${sets}/takes`, versions)).toMatchObject(
      kept(/because its claims would be deleted with it\. Allow it with --prune-allow claims/),
    );
  });

  test('a StatefulSet that leaves its claims is made anew', async () => {
    const versions = [statefulSet('leaves', 'a', 'Retain'), statefulSet('leaves', 'b', 'Retain')] as const;
    expect(await change(`${sets}/leaves`, versions)).toMatchObject(remade('spec'));
  });

  describe('a rule of CEL', () => {
    const group = 'cel.example.com';
    const path = `/apis/${group}/v1/widgets/w`;
    beforeAll(async () => {
      await on.cluster.api.create(CRDS, parse(definition(group, '')));
      await until('the definition', { lines: () => [] }, async () => {
        const { status } = await on.cluster.api.request(`/apis/${group}/v1/widgets`);
        return status === 200 || undefined;
      });
    });

    test('that holds a field as it is has the object made anew, though it has no message', async () => {
      const versions = [widget(group, 'size: s'), widget(group, 'size: l')] as const;
      expect(await change(path, versions)).toMatchObject(remade('spec.size'));
    });

    test.each([
      { what: 'that is about the new object alone', spec: 'size: l, least: 0' },
      { what: 'beside one that is about the new object alone', spec: 'size: m, least: 0' },
    ])('$what leaves the object as it is', async ({ spec }) => {
      const versions = [widget(group, 'size: l, least: 1'), widget(group, spec)] as const;
      expect(await change(path, versions)).toMatchObject(kept(/failed rule: self > 0/));
    });
  });

  describe('a policy that forbids a change', () => {
    beforeAll(async () => {
      const rule = (apiVersions: string[], resources: string[]) => ({
        ...{ apiGroups: [''], apiVersions, resources, operations: ['UPDATE'] },
      });
      await on.cluster.api.create(`${POLICIES}/validatingadmissionpolicies`, {
        ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy' },
        metadata: { name: 'fixed' },
        spec: {
          matchConstraints: { resourceRules: [rule(['v1'], ['configmaps', 'namespaces'])] },
          validations: [
            {
              expression:
                '!has(object.metadata.labels) || !("fixed" in object.metadata.labels) || object.metadata.labels["fixed"] == oldObject.metadata.labels["fixed"]',
              message: 'the label fixed is immutable',
              reason: 'Forbidden',
            },
          ],
        },
      });
      await on.cluster.api.create(`${POLICIES}/validatingadmissionpolicybindings`, {
        ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding' },
        metadata: { name: 'fixed' },
        spec: { policyName: 'fixed', validationActions: ['Deny'] },
      });
      await create(`${NAMESPACES}/default/configmaps`, 'ConfigMap', 'probe');
      let turn = 0;
      await until('the policy', { lines: () => [] }, async () => {
        turn += 1;
        const reply = await on.cluster.api.request(`${NAMESPACES}/default/configmaps/probe`, {
          method: 'PATCH',
          contentType: 'application/merge-patch+json',
          body: { metadata: { labels: { fixed: String(turn) } } },
        });
        return reply.status === 403 || undefined;
      });
    });
    const labelled = (kind: string, name: string, value: string, mark = FORCE) =>
      `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, labels: { fixed: "${value}" }, annotations: { ${mark} } }\n`;

    test('by 403 has the object made anew', async () => {
      const versions = [labelled('ConfigMap', 'fixed', 'a'), labelled('ConfigMap', 'fixed', 'b')] as const;
      const outcome = await change(`${NAMESPACES}/default/configmaps/fixed`, versions);
      expect(outcome).toMatchObject(remade('what Git says'));
    });

    test('and the deletion too leaves the object as it is', async () => {
      const path = `${NAMESPACES}/default/configmaps/refused`;
      const agent = 'remake-refused';
      await on.stage.apply({ 'a.yml': labelled('ConfigMap', 'refused', 'a') }, { agent });
      const before = await uidOf(path);
      const files = { 'a.yml': labelled('ConfigMap', 'refused', 'b') };
      const { lines } = await on.stage.apply(files, { agent, refuses: /^DELETE / });
      expect(lines).toEqual([
        expect.stringMatching(/^configmap\/default\/refused failed \(.*not today \(a\.yml:1\)\)$/),
      ]);
      expect(await uidOf(path)).toBe(before);
    });

    test('and what takes its place is refused as well says that it is missing, and is made by the next', async () => {
      const agent = 'remake-missing';
      await on.stage.apply({ 'a.yml': labelled('ConfigMap', 'missing', 'a') }, { agent });
      const path = `${NAMESPACES}/default/configmaps/missing`;
      const before = await uidOf(path);
      const files = { 'a.yml': labelled('ConfigMap', 'missing', 'b') };
      const quota = 'default/resourcequotas';
      await on.cluster.api.create(`${NAMESPACES}/${quota}`, {
        ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' } },
        spec: { hard: { 'count/configmaps': '0' } },
      });
      await until('the quota', { lines: () => [] }, async () => {
        const { status } = (await on.cluster.api.get(`${NAMESPACES}/${quota}/none`)) as { status?: { hard?: object } };
        return status?.hard !== undefined || undefined;
      });
      const { lines } = await on.stage.apply(files, { agent });
      await on.cluster.api.request(`${NAMESPACES}/${quota}/none`, { method: 'DELETE' });
      expect(lines).toEqual([
        expect.stringMatching(/failed \(it was deleted to be made anew, and is missing: .*exceeded quota: none/),
      ]);
      await until('the object', { lines: () => [] }, async () => {
        const again = await on.stage.apply(files, { agent });
        return again.report.healthy || undefined;
      });
      expect(await uidOf(path)).not.toBe(before);
    });

    test('leaves an object as it is that a claim belongs to', async () => {
      const path = `${NAMESPACES}/default/configmaps/owner`;
      const versions = [labelled('ConfigMap', 'owner', 'a'), labelled('ConfigMap', 'owner', 'b')] as const;
      const outcome = await change(path, versions, [], async () => {
        const { metadata, ...rest } = parse(claim('owned', 'none'));
        const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: await uidOf(path) };
        await on.cluster.api.create(`${NAMESPACES}/default/persistentvolumeclaims`, {
          ...rest,
          metadata: { ...metadata, ownerReferences: [owner] },
        });
      });
      expect(outcome).toMatchObject(
        kept(
          /because persistentvolumeclaim\/default\/owned would be deleted with it\. Allow it with --prune-allow claims/,
        ),
      );
    });

    test('leaves an object as it is that does not ask', async () => {
      const versions = [labelled('ConfigMap', 'asks', 'a', ''), labelled('ConfigMap', 'asks', 'b', '')] as const;
      const path = `${NAMESPACES}/default/configmaps/asks`;
      expect(await change(path, versions)).toMatchObject(kept(/the label fixed is immutable \(a\.yml:1\)$/));
    });

    test('has an object made anew for which a person asks on the live one', async () => {
      const versions = [labelled('ConfigMap', 'hand', 'a', ''), labelled('ConfigMap', 'hand', 'b', '')] as const;
      const path = `${NAMESPACES}/default/configmaps/hand`;
      const outcome = await change(path, versions, [], async () =>
        on.cluster.api.request(`${path}?fieldManager=kubectl-annotate`, {
          method: 'PATCH',
          contentType: 'application/merge-patch+json',
          body: { metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/force': 'Enabled' } } },
        }),
      );
      expect(outcome).toMatchObject(remade('what Git says'));
    });

    test('leaves a namespace with something in it as it is', async () => {
      const versions = [labelled('Namespace', 'full', 'a'), labelled('Namespace', 'full', 'b')] as const;
      const outcome = await change(`${NAMESPACES}/full`, versions, [], async () =>
        create(`${NAMESPACES}/full/configmaps`, 'ConfigMap', 'theirs'),
      );
      expect(outcome).toMatchObject(
        kept(/because configmap\/full\/theirs in it would be lost\. Allow it with --prune-allow namespaces/),
      );
    });

    test('has a namespace made anew that may take all, and what Git has in it', async () => {
      const agent = 'remake-refilled';
      const files = (value: string) => ({
        'n.yml': labelled('Namespace', 'refilled', value),
        'c.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ours, namespace: refilled }\n',
      });
      await on.stage.apply(files('a'), { agent });
      const { lines } = await on.stage.apply(files('b'), { agent, prune: { allow: new Set(['namespaces']) } });
      expect(lines).toEqual([
        'namespace/refilled configured (made anew, because what Git says cannot be changed)',
        'configmap/refilled/ours created (namespace/refilled was made anew)',
      ]);
      expect(await uidOf(`${NAMESPACES}/refilled/configmaps/ours`)).toBeDefined();
    });

    test('has an empty namespace made anew', async () => {
      const versions = [labelled('Namespace', 'bare', 'a'), labelled('Namespace', 'bare', 'b')] as const;
      expect(await change(`${NAMESPACES}/bare`, versions)).toMatchObject(remade('what Git says'));
    });
  });

  test('an object that its finalizer holds is made anew when that is gone', async () => {
    const secret = (type: string) =>
      `apiVersion: v1\nkind: Secret\ntype: ${type}\nmetadata: { name: held, finalizers: [example.com/hold], annotations: { ${FORCE} } }\n`;
    const path = `${NAMESPACES}/default/secrets/held`;
    await on.stage.apply({ 'a.yml': secret('example.com/a') }, { agent: 'held-secret' });
    const before = await uidOf(path);
    const release = async () => {
      await until('the deletion', { lines: () => [] }, async () => {
        const { metadata } = (await on.cluster.api.get(path)) as { metadata: { deletionTimestamp?: string } };
        return metadata.deletionTimestamp !== undefined || undefined;
      });
      await on.cluster.api.request(path, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { metadata: { finalizers: null } },
      });
    };
    const [{ lines }] = await Promise.all([
      on.stage.apply({ 'a.yml': secret('example.com/b') }, { agent: 'held-secret' }),
      release(),
    ]);
    expect(lines).toEqual(['secret/default/held configured (made anew, because type cannot be changed)']);
    expect(await uidOf(path)).not.toBe(before);
  });
});
