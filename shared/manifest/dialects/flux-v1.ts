import type { HoldBeside, SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';
import type { Dialect } from './dialect.ts';
import { FILTER_PREFIX, faultIn, PREFIXES } from './flux-v1-fault.ts';
import { heldByFault } from './held-by-fault.ts';

const DEFAULT_FILTER = 'glob:*';

/**
 * Annotations of Flux v1 on the workload. Switches need exactly the text `true` or `false`; what is written otherwise,
 * or names a container that is not there, holds the workload back: nobody knows what it was to keep out.
 *
 * `ignore: sync_only` is about garbage collection alone: such a workload is updated and applied like any other.
 *
 * @see https://github.com/fluxcd/flux/blob/master/docs/references/automated-image-update.md
 * @see https://github.com/fluxcd/flux/blob/master/docs/faq.md#can-i-disable-garbage-collection-for-a-specific-resource
 * @see https://github.com/fluxcd/flux/blob/master/pkg/daemon/images.go getAllowedAutomatedResources
 */
export const fluxV1: Dialect = {
  policyFor(workload: Workload, container: string): SitePolicy | undefined {
    const { annotations } = workload;
    const read = readerOf(annotations);
    const fault = faultIn(workload, read);
    if (read('automated') !== 'true' && fault?.isOfAutomation !== true) {
      return undefined;
    }
    const filter = read(`tag.${container}`) ?? annotations[`${FILTER_PREFIX}${container}`];
    const unwritten = filter === undefined ? `${PREFIXES[0]}tag.${container}` : undefined;
    const hold = holdOn(workload) ?? heldByFault(fault?.reason);
    return { dialect: 'flux-v1', text: filter ?? DEFAULT_FILTER, held: undefined, unwritten, ...hold };
  },
  holdOn,
};

/** What a person holds the workload back with, by `locked` or `ignore`, whoever asks for updates; undefined where nobody does. */
function holdOn({ annotations }: Pick<Workload, 'annotations'>): HoldBeside | undefined {
  const read = readerOf(annotations);
  if (read('locked') === 'true') {
    const by = read('locked_user');
    const why = read('locked_msg');
    return { held: `locked${by ? ` by ${by}` : ''}${why ? `: ${why}` : ''}` };
  }
  return read('ignore') === 'true' ? { held: 'ignored (ignore: true)' } : undefined;
}

function readerOf(annotations: Workload['annotations']): (key: string) => string | undefined {
  return (key) => PREFIXES.map((prefix) => annotations[`${prefix}${key}`]).find(isSet);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined;
}
