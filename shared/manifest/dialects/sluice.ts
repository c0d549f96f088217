import { nearMiss } from '../../near-miss.ts';
import type { SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';
import type { Dialect } from './dialect.ts';

/** For the only container of a workload; behind a dot, for the one of that name. */
export const SLUICE_UPDATE = 'sluice.dev/update';
/** A clause of the line that is no part of the policy. */
const HOLD = /;\s*hold(?:\s+([^;]*))?(?=;|$)/;

/**
 * Sluice's own annotation, one line for each container: `sluice.dev/update.web: semver:~1.2; ignore *-debug; pin`. The
 * line itself asks for updates; `; hold until the migration is done` keeps them back, for the reason that it gives.
 *
 * A line that names no container of the workload holds it back: nobody knows which one it was to govern.
 */
export const sluice: Dialect = {
  policyFor(workload: Workload, container: string): SitePolicy | undefined {
    const { annotations } = workload;
    const own = annotations[`${SLUICE_UPDATE}.${container}`];
    const line = own ?? annotations[SLUICE_UPDATE];
    const fault = faultIn(workload);
    if (line === undefined) {
      return undefined;
    }
    const [clause, reason = ''] = HOLD.exec(line) ?? [];
    const held = clause === undefined ? undefined : `held${reason.trim() === '' ? '' : `: ${reason.trim()}`}`;
    return { dialect: 'sluice', text: clause === undefined ? line : line.replace(clause, ''), held: held ?? fault };
  },
};

/** What is wrong with the lines of a workload, for people; undefined where nothing is. */
export function faultIn({ annotations, containers }: Workload): string | undefined {
  const names = containers.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (annotations[SLUICE_UPDATE] !== undefined && names.length > 1) {
    return `the annotation ${SLUICE_UPDATE} names none of the containers ${names.join(', ')}; write ${SLUICE_UPDATE}.${names[0]}`;
  }
  const prefix = `${SLUICE_UPDATE}.`;
  const odd = Object.keys(annotations).find(
    (key) => key.startsWith(prefix) && !names.includes(key.slice(prefix.length)),
  );
  if (odd === undefined) {
    return undefined;
  }
  const near = nearMiss(odd.slice(prefix.length), names);
  const hint = near === undefined ? `; it has ${names.join(', ')}` : `; did you mean ${prefix}${near}?`;
  return `the annotation ${odd} names no container of the workload${hint}`;
}
