import type { Node } from 'yaml';
import type { LabelSelector } from '../label-selector.ts';
import { MAX_ITEMS } from '../limits.ts';
import { textAt } from '../object-nodes.ts';
import type { Tree } from '../tree.ts';
import type { ManifestObject } from './dialect.ts';
import { flagAt, itemsAt, oddField, oddList, oddMap, textsAt } from './fields.ts';
import type { FluxAutomation } from './flux-v2-facts.ts';

const SETTERS = 'Setters';

/**
 * What an `ImageUpdateAutomation` says.
 *
 * @see https://github.com/fluxcd/image-automation-controller/blob/main/api/v1/imageupdateautomation_types.go
 */
export function automationOf({ node, tree }: ManifestObject): Omit<FluxAutomation, 'name' | 'namespace'> {
  const text = (...path: readonly string[]) => textAt(node, ['spec', ...path], tree);
  const fault = faultIn(tree.at(node, ['spec']), tree);
  return {
    kind: 'flux-automation',
    path: folderOf(text('update', 'path') ?? ''),
    strategy: text('update', 'strategy') ?? SETTERS,
    selector: fault === undefined ? selectorOf(tree.at(node, ['spec', 'policySelector']), tree) : undefined,
    fault,
    branch: text('git', 'push', 'branch') ?? text('git', 'checkout', 'ref', 'branch'),
    suspended: flagAt(node, ['spec', 'suspend'], tree),
  };
}

const TEXTS = [
  ['update', 'path'],
  ['update', 'strategy'],
] as const;

function faultIn(spec: Node | undefined, tree: Tree): string | undefined {
  const selector = tree.at(spec, ['policySelector']);
  const expressions = tree.items(tree.at(selector, ['matchExpressions']));
  const odd =
    oddField(spec, TEXTS, tree) ??
    oddMap(selector, [['matchLabels']], tree) ??
    expressions.flatMap(
      (one) => oddField(one, [['key'], ['operator']], tree) ?? oddList(one, [['values']], tree) ?? [],
    )[0];
  return odd && `has what cannot be read in ${odd}`;
}

/** No way leads out of the repository: https://pkg.go.dev/github.com/cyphar/filepath-securejoin */
function folderOf(path: string): string {
  const folders: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      folders.pop();
    } else if (part !== '' && part !== '.') {
      folders.push(part);
    }
  }
  return folders.join('/');
}

function selectorOf(node: Node | undefined, tree: Tree): LabelSelector | undefined {
  if (node === undefined) {
    return undefined;
  }
  const expressions = tree.items(tree.at(node, ['matchExpressions'])).slice(0, MAX_ITEMS);
  return {
    labels: textsAt(node, ['matchLabels'], tree),
    expressions: expressions.map((one) => ({
      key: textAt(one, ['key'], tree) ?? '',
      operator: textAt(one, ['operator'], tree) ?? '',
      values: itemsAt(one, ['values'], tree),
    })),
  };
}

/** Does it write this file? */
export function covers({ path, fault }: FluxAutomation, file: string): boolean {
  return fault !== undefined || path === '' || file.startsWith(`${path}/`);
}

/** Why it writes nothing anywhere; undefined where it does. */
export function whyIdle({ strategy, suspended, fault }: FluxAutomation): string | undefined {
  if (fault !== undefined) {
    return fault;
  }
  if (suspended) {
    return 'is suspended';
  }
  return strategy === SETTERS ? undefined : `has the update strategy ${JSON.stringify(strategy)}, and not ${SETTERS}`;
}
