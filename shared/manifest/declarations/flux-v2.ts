import type { Node } from 'yaml';
import { didYouMean } from '../../near-miss.ts';
import { filterClauses } from '../../policy/line.ts';
import { isText, textAt } from '../object-nodes.ts';
import type { DeclaringDialect, ManifestObject } from './dialect.ts';
import { flagAt, itemsAt, oddField, oddList, oddMap, textsAt } from './fields.ts';
import { automationOf } from './flux-v2-automation.ts';
import type { FluxPolicy, FluxRepository } from './flux-v2-facts.ts';
import { FluxV2Governor } from './flux-v2-governor.ts';

const GROUP = 'image.toolkit.fluxcd.io';

/**
 * Flux v2: an `ImagePolicy` ranks the tags of an `ImageRepository`, and a marker comment behind a scalar names it. All
 * versions of the API are read alike, from v1alpha1 to v1: a later one only adds fields.
 *
 * @see https://github.com/fluxcd/image-reflector-controller/blob/main/api/v1/imagepolicy_types.go
 * @see https://github.com/fluxcd/image-reflector-controller/blob/main/api/v1/imagerepository_types.go
 * @see https://github.com/fluxcd/image-automation-controller/blob/main/internal/update/setters.go
 */
export const fluxV2: DeclaringDialect = {
  name: 'flux-v2',
  mark: GROUP,
  read(object) {
    const name = object.name ?? textAt(object.node, ['metadata', 'generateName'], object.tree);
    if (!object.apiVersion.startsWith(`${GROUP}/`) || name === undefined) {
      return undefined;
    }
    const own = { namespace: object.namespace, name };
    if (object.kind === 'ImagePolicy') {
      return { ...own, ...policyOf(object) };
    }
    if (object.kind === 'ImageRepository') {
      return { ...own, ...repositoryOf(object) };
    }
    return object.kind === 'ImageUpdateAutomation' ? { ...own, ...automationOf(object) } : undefined;
  },
  open: (declarations) => new FluxV2Governor(declarations),
};

function policyOf({ node, tree, namespace }: ManifestObject): Omit<FluxPolicy, 'name' | 'namespace'> {
  const text = (...path: readonly string[]) => textAt(node, ['spec', ...path], tree);
  const name = text('imageRepositoryRef', 'name');
  const reflection = text('digestReflectionPolicy') ?? 'Never';
  return {
    kind: 'flux-policy',
    repository:
      name === undefined ? undefined : { namespace: text('imageRepositoryRef', 'namespace') ?? namespace, name },
    line: lineOf({ node, tree }),
    pins: reflection === 'Always' || reflection === 'IfNotPresent',
    suspended: flagAt(node, ['spec', 'suspend'], tree),
    labels: textsAt(node, ['metadata', 'labels'], tree),
    interval: text('interval'),
  };
}

/** What narrows the tags down, and is to be read whole or not at all. */
const TEXTS = [
  ['policy', 'semver', 'range'],
  ['policy', 'alphabetical', 'order'],
  ['policy', 'numerical', 'order'],
  ['filterTags', 'pattern'],
  ['filterTags', 'extract'],
] as const;

/** The first choice that is written counts, in the order of the controller. */
function lineOf({ node, tree }: Pick<ManifestObject, 'node' | 'tree'>): FluxPolicy['line'] {
  const spec = tree.at(node, ['spec']);
  const odd = oddField(spec, TEXTS, tree);
  if (odd !== undefined) {
    return { fault: `its spec.${odd} is no text, or too long` };
  }
  const fault = filterFault(spec, tree);
  if (fault !== undefined) {
    return { fault };
  }
  const ranking = rankingOf(tree.fields(tree.at(spec, ['policy'])), tree);
  const written = (name: string) => textAt(spec, ['filterTags', name], tree) || undefined;
  const filter = written('pattern');
  // Without a pattern there is nothing to take a text from.
  const clauses = filterClauses({ filter, extract: filter && written('extract') });
  if (ranking === undefined) {
    return { fault: 'its spec.policy is none of semver, alphabetical and numerical' };
  }
  return ranking.text.includes(';')
    ? { fault: `its spec.policy has a semicolon, in ${ranking.text}` }
    : { text: `${ranking.text}${clauses}${ranking.words}` };
}

const FILTER_FIELDS = ['pattern', 'extract'];

/** What is written to keep tags out, and would keep out none. */
function filterFault(spec: Node | undefined, tree: ManifestObject['tree']): string | undefined {
  if (oddMap(spec, [['filterTags']], tree) !== undefined) {
    return 'its spec.filterTags is no map of texts';
  }
  const unknown = [...tree.fields(tree.at(spec, ['filterTags'])).keys()].find((key) => !FILTER_FIELDS.includes(key));
  return unknown && `its spec.filterTags has the unknown ${unknown}${didYouMean(unknown, FILTER_FIELDS)}`;
}

function rankingOf(
  choice: ReadonlyMap<string, Node | undefined>,
  tree: ManifestObject['tree'],
): { readonly text: string; readonly words: string } | undefined {
  const semver = choice.get('semver');
  if (semver !== undefined) {
    // Only three numbers are a version to Flux v2: https://github.com/fluxcd/pkg/blob/main/version/version.go
    return { text: `semver:${textAt(semver, ['range'], tree) ?? ''}`, words: '; strict' };
  }
  const kind = ['alphabetical', 'numerical'].find((one) => choice.get(one) !== undefined);
  const order = tree.at(choice.get(kind ?? ''), ['order']);
  return kind === undefined ? undefined : { text: `${kind}:${isText(order) ? order.value : 'asc'}`, words: '' };
}

function repositoryOf({ node, tree }: ManifestObject): Omit<FluxRepository, 'name' | 'namespace'> {
  const list = ['spec', 'exclusionList'];
  const exclusions = itemsAt(node, list, tree);
  const isOdd = oddList(node, [list], tree) !== undefined;
  return {
    kind: 'flux-repository',
    image: textAt(node, ['spec', 'image'], tree),
    exclusions: exclusions.length === 0 ? undefined : exclusions,
    fault: isOdd ? 'its spec.exclusionList is no list of texts, or has too many' : undefined,
    suspended: flagAt(node, ['spec', 'suspend'], tree),
  };
}
