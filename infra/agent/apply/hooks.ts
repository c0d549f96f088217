import { runsToAnEnd } from '../health/completion.ts';
import { annotationsOf, groupKindOf, type Manifest, quoted } from '../manifest.ts';

/**
 * When in a revision an object is applied.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/
 */
export const PHASES = ['PreSync', 'Sync', 'PostSync', 'SyncFail'] as const;
export type Phase = (typeof PHASES)[number];

/** When a hook that ran is deleted by itself; an earlier run is always deleted before the next. */
export type DeletePolicy = 'HookSucceeded' | 'HookFailed';

/** What an object says of the phases it belongs into. */
export type Phases =
  /** Empty for a hook of moments that are none of an apply. */
  { readonly phases: readonly Phase[] } | { readonly invalid: string };

const HOOK = 'argocd.argoproj.io/hook';
const HELM_HOOK = 'helm.sh/hook';

const ARGO_HOOKS: Readonly<Record<string, Phase | undefined>> = {
  ...{ PreSync: 'PreSync', Sync: 'Sync', PostSync: 'PostSync', SyncFail: 'SyncFail' },
  ...{ Skip: undefined, PreDelete: undefined, PostDelete: undefined },
};

/** Helm's hooks as Argo CD runs them: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks */
const HELM_HOOKS: Readonly<Record<string, Phase | undefined>> = {
  ...{ 'pre-install': 'PreSync', 'pre-upgrade': 'PreSync', 'post-install': 'PostSync', 'post-upgrade': 'PostSync' },
  // A definition is nothing that runs.
  'crd-install': 'Sync',
  ...{ 'pre-delete': undefined, 'post-delete': undefined, 'pre-rollback': undefined, 'post-rollback': undefined },
  ...{ test: undefined, 'test-success': undefined, 'test-failure': undefined },
};

const DELETE_POLICIES: Readonly<Record<string, DeletePolicy>> = {
  HookSucceeded: 'HookSucceeded',
  HookFailed: 'HookFailed',
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
};

/** Where data is, or what holds others: no policy of a hook deletes such. */
const KEPT: ReadonlySet<string> = new Set([
  '/Namespace',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

/** Is an object a hook, of Argo CD or of Helm? */
export function isHook(manifest: Manifest): boolean {
  const annotations = annotationsOf(manifest);
  return HOOK in annotations || HELM_HOOK in annotations;
}

/** The phases of an object. Argo CD's annotation counts before Helm's; what has neither belongs to the sync itself. */
export function phasesOf(manifest: Manifest): Phases {
  const annotations = annotationsOf(manifest);
  if (!isHook(manifest)) {
    return { phases: ['Sync'] };
  }
  const [name, known] = HOOK in annotations ? [HOOK, ARGO_HOOKS] : [HELM_HOOK, HELM_HOOKS];
  const hooks = listed(annotations[name]);
  const strange = hooks.length === 0 ? '' : hooks.find((hook) => !Object.hasOwn(known, hook));
  return strange === undefined
    ? { phases: PHASES.filter((phase) => hooks.some((hook) => known[hook] === phase)) }
    : { invalid: `${name}: expected ${Object.keys(known).join(', ')}, found ${quoted(strange)}` };
}

/** Is an object a hook of moments that are none of an apply: before a release is deleted, say? */
export function isHookOfAnotherMoment(manifest: Manifest): boolean {
  const found = phasesOf(manifest);
  return 'phases' in found && found.phases.length === 0;
}

/** What a hook's annotations say of its deletion. */
export function deletePoliciesOf(manifest: Manifest): ReadonlySet<DeletePolicy> {
  const annotations = annotationsOf(manifest);
  const name = `${HOOK in annotations ? HOOK : HELM_HOOK}-delete-policy`;
  const policies = isHook(manifest) && !KEPT.has(groupKindOf(manifest)) ? listed(annotations[name]) : [];
  return new Set(policies.flatMap((policy) => DELETE_POLICIES[policy] ?? []));
}

/**
 * Is an object there for one revision, so that the next makes it anew: a hook that runs to an end or is deleted
 * afterwards, or a run whose name is generated? Any other hook is applied in its phase and stays.
 */
export function isOnceARevision(manifest: Manifest): boolean {
  return runsToAnEnd(manifest)
    ? isHook(manifest) || isNameGenerated(manifest)
    : deletePoliciesOf(manifest).has('HookSucceeded');
}

function isNameGenerated({ metadata }: Manifest): boolean {
  return metadata.generateName !== undefined;
}

function listed(value = ''): readonly string[] {
  return value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
