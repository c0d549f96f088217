import type { Node } from 'yaml';
import { MAX_ITEMS } from '../limits.ts';
import { textAt } from '../object-nodes.ts';
import type { Tree } from '../tree.ts';
import type { DeclaringDialect } from './dialect.ts';
import { flagAt, oddField } from './fields.ts';
import type { FleetScan } from './fleet-facts.ts';
import { FleetGovernor } from './fleet-governor.ts';

const FILE = /(?:^|\/)fleet\.ya?ml$/;
const API = 'fleet.cattle.io/';

/**
 * Rancher Fleet: an entry of `imageScans` in a fleet.yaml, or an `ImageScan`, ranks the tags of an image, and a marker
 * comment behind a scalar in any file of the repository names it by its `tagName`.
 *
 * @see https://github.com/rancher/fleet/blob/main/pkg/apis/fleet.cattle.io/v1alpha1/imagescan_types.go
 * @see https://github.com/rancher/fleet/blob/main/internal/cmd/controller/imagescan/update/setters.go
 */
export const fleet: DeclaringDialect = {
  name: 'fleet',
  // Of `imageScans` and of `ImageScan`.
  mark: 'mageScan',
  read({ file, apiVersion, kind, node, tree }) {
    if (kind === 'ImageScan' && apiVersion.startsWith(API)) {
      return scanOf(tree.at(node, ['spec']), tree);
    }
    const list = kind === '' && FILE.test(file) ? tree.items(tree.at(node, ['imageScans'])) : [];
    return list.length === 0
      ? undefined
      : { kind: 'fleet-scans', scans: list.slice(0, MAX_ITEMS).flatMap((one) => scanOf(one, tree) ?? []) };
  },
  open: (declarations) => new FleetGovernor(declarations),
};

/** Undefined where it has no name, by which a marker could name it. */
function scanOf(node: Node | undefined, tree: Tree): FleetScan | undefined {
  const name = textAt(node, ['tagName'], tree);
  return name === undefined || name === ''
    ? undefined
    : {
        kind: 'fleet-scan',
        namespace: undefined,
        name,
        image: textAt(node, ['image'], tree),
        line: lineOf(node, tree),
        suspended: flagAt(node, ['suspend'], tree),
      };
}

const TEXTS = [
  ['policy', 'semver', 'range'],
  ['policy', 'alphabetical', 'order'],
] as const;

/**
 * The first choice that is written counts, any version where none is. As Fleet runs, and not as it says, `asc` takes the
 * first of all tags, and all else the last.
 *
 * @see https://github.com/rancher/fleet/blob/main/internal/cmd/controller/imagescan/tagscan_job.go latestTag
 */
function lineOf(scan: Node | undefined, tree: Tree): FleetScan['line'] {
  const odd = oddField(scan, TEXTS, tree);
  if (odd !== undefined) {
    return { fault: `its ${odd} is no text, or too long` };
  }
  const choice = tree.fields(tree.at(scan, ['policy']));
  const [semver, alphabetical] = [choice.get('semver'), choice.get('alphabetical')];
  if (semver === undefined && alphabetical !== undefined) {
    const isAscending = textAt(alphabetical, ['order'], tree)?.toLowerCase() !== 'desc';
    const isWritten = (textAt(alphabetical, ['order'], tree) ?? '') !== '';
    return { text: isAscending && isWritten ? 'alphabetical:desc' : 'alphabetical:asc' };
  }
  const range = semver === undefined ? '*' : (textAt(semver, ['range'], tree) ?? '');
  return range.includes(';') ? { fault: `its policy.semver.range has a semicolon` } : { text: `semver:${range}` };
}
