import type { LiveObject } from '../cluster/cluster.ts';
import { isSetByOther } from '../inventory/fingerprint.ts';
import { is, isMarked, lists, type Marks, marksOf } from '../marks.ts';
import { LEAVE_ALONE } from '../render/annotations.ts';

const SYNC_OPTIONS = 'argocd.argoproj.io/sync-options';

/**
 * Keeps an object when it has left Git. What leaves an object alone does; so does Flux v1's `sync_only`, which is "apply,
 * but do not collect"; and what the others keep by when an application or a release is deleted, which is the same thing
 * here: its files leave Git.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 * @see https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
 * @see https://carvel.dev/kapp/docs/latest/apply/#kappk14siodelete-strategy
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/common/common.go
 */
const KEEP: Marks = {
  ...LEAVE_ALONE,
  'sluice.dev/prune': is('disabled'),
  'kustomize.toolkit.fluxcd.io/prune': is('disabled'),
  'fluxcd.io/ignore': (value) => is('true')(value) || is('sync_only')(value),
  'flux.weave.works/ignore': (value) => is('true')(value) || is('sync_only')(value),
  [SYNC_OPTIONS]: (value) => lists('Prune=false')(value) || lists('Delete=false')(value),
  'helm.sh/resource-policy': is('keep'),
  'cli-utils.sigs.k8s.io/on-remove': is('keep'),
  'client.lifecycle.config.k8s.io/deletion': is('detach'),
  'kapp.k14s.io/delete-strategy': is('orphan'),
};

/** Has an object wait until a person says that it may go. */
const CONFIRM: Marks = {
  [SYNC_OPTIONS]: (value) => lists('Prune=confirm')(value) || lists('Delete=confirm')(value),
};
const APPROVAL = 'argocd.argoproj.io/deletion-approved';
/** Argo CD writes the time. */
const APPROVED: Marks = { [APPROVAL]: (value) => is('true')(value) || /^\d{4}-\d\d-\d\dT/.test(value) };

/** Why an object that left Git is not deleted. */
export interface Stay {
  readonly reason: string;
  /** It may go later: it stays in the inventory. */
  readonly waits: boolean;
}

/** What of its own marks keeps an object; undefined where nothing does. */
export function markThatKeeps(metadata: LiveObject['metadata']): Stay | undefined {
  const [kept] = marksOf(metadata, KEEP);
  if (kept !== undefined) {
    return { reason: `${kept.name} keeps it`, waits: false };
  }
  const [confirm] = marksOf(metadata, CONFIRM);
  // What stands in Git is no word of a person who was asked.
  if (confirm === undefined || marksOf(metadata, APPROVED).some((mark) => isSetByOther(metadata, mark))) {
    return undefined;
  }
  return {
    reason: `${confirm.name} has it wait for a person, who lets it go by the annotation ${APPROVAL}: "true"`,
    waits: true,
  };
}

/** Lets a namespace or a definition go with all that is in it. */
export const WITH_CONTENTS = { name: 'sluice.dev/prune', value: 'with-contents' } as const;

export function asksWithContents({ metadata }: LiveObject): boolean {
  return isMarked(metadata, { [WITH_CONTENTS.name]: is(WITH_CONTENTS.value) });
}
