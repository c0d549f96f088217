import type { SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';
import type { Dialect } from './dialect.ts';

/** The one in use and the one before it; the one in use wins. */
const PREFIXES = ['fluxcd.io/', 'flux.weave.works/'] as const;
const DEFAULT_FILTER = 'glob:*';

/**
 * Annotations of Flux v1 on the workload. Switches need exactly the text `true`.
 *
 * @see https://github.com/fluxcd/flux/blob/master/docs/references/automated-image-update.md
 */
export const fluxV1: Dialect = {
  policyFor({ annotations }: Workload, container: string): SitePolicy | undefined {
    const read = (key: string) => PREFIXES.map((prefix) => annotations[`${prefix}${key}`]).find(isSet);
    if (read('automated') !== 'true') {
      return undefined;
    }
    const filter = read(`tag.${container}`) ?? annotations[`filter.fluxcd.io/${container}`] ?? DEFAULT_FILTER;
    return { dialect: 'flux-v1', text: filter, held: heldBy(read) };
  },
};

function heldBy(read: (key: string) => string | undefined): string | undefined {
  if (read('locked') === 'true') {
    const by = read('locked_user');
    const why = read('locked_msg');
    return `locked${by ? ` by ${by}` : ''}${why ? `: ${why}` : ''}`;
  }
  const ignore = read('ignore');
  return ignore === 'true' || ignore === 'sync_only' ? `ignored (ignore: ${ignore})` : undefined;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined;
}
