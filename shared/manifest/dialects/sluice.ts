import { nearMiss } from '../../near-miss.ts';
import type { SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';
import { containerFault } from './container-fault.ts';
import type { Dialect } from './dialect.ts';
import { heldByFault } from './held-by-fault.ts';

/** For the only container of a workload; behind a dot, for the one of that name. */
export const SLUICE_UPDATE = 'sluice.dev/update';
/** Windows in which no container of the workload is updated, whichever dialect asks for it. */
export const SLUICE_FREEZE = 'sluice.dev/freeze';
/** A clause of the line that is no part of the policy. */
const HOLD = /;\s*hold(?:\s+([^;]*))?(?=;|$)/;

/**
 * Sluice's own annotation, one line for each container: `sluice.dev/update.web: semver:~1.2; ignore *-debug; pin`. The
 * line itself asks for updates; `; hold until the migration is done` keeps them back, for the reason that it gives.
 */
export const sluice: Dialect = {
  policyFor(workload: Workload, container: string): SitePolicy | undefined {
    const { annotations } = workload;
    const own = annotations[`${SLUICE_UPDATE}.${container}`];
    const line = own ?? annotations[SLUICE_UPDATE];
    if (line === undefined) {
      return undefined;
    }
    return { dialect: 'sluice', ...readHold(line) };
  },
  holdOn: (workload) => heldByFault(faultIn(workload)),
};

/** A line without its clause `hold`, and what that says, for people: `held: until the migration is done`. */
export function readHold(line: string): { readonly text: string; readonly held: string | undefined } {
  const [clause, reason = ''] = HOLD.exec(line) ?? [];
  const held = clause === undefined ? undefined : `held${reason.trim() === '' ? '' : `: ${reason.trim()}`}`;
  return { text: clause === undefined ? line : line.replace(clause, ''), held };
}

/**
 * What is wrong with the lines of a workload, for people; undefined where nothing is. Such a line holds the workload
 * back, whatever else asks for updates: nobody knows which container it was to govern, and it may be a hold.
 */
export function faultIn({ annotations, containers, elsewhere }: Workload): string | undefined {
  const names = containers.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (annotations[SLUICE_UPDATE] !== undefined && names.length > 1) {
    return `the annotation ${SLUICE_UPDATE} names none of the containers ${names.join(', ')}; write ${SLUICE_UPDATE}.${names[0]}`;
  }
  const prefix = `${SLUICE_UPDATE}.`;
  const [fault] = Object.keys(annotations).flatMap((key) =>
    key.startsWith(prefix) ? (containerFault(key, prefix, names) ?? []) : [],
  );
  return fault ?? slipIn(annotations, names) ?? misplacedFreeze(elsewhere);
}

/** Windows that were to keep something out, where nothing reads them. */
function misplacedFreeze(elsewhere: Workload['elsewhere']): string | undefined {
  const found = elsewhere.find(({ name }) => name === SLUICE_FREEZE);
  return found && `${SLUICE_FREEZE} stands in ${found.path}, where nothing reads it; move it to metadata.annotations`;
}

/** `sluice.dev/update`, and what may stand before a container's name. */
const KEY = /^([^/]+)\/([a-z]+)(?:[./_-](.*))?$/is;
const [DOMAIN = '', WORD = ''] = SLUICE_UPDATE.split('/');
const [, FREEZE = ''] = SLUICE_FREEZE.split('/');

/** The first name that is nearly that of a line: `sluice.dev/udpate.web`. */
function slipIn(annotations: Workload['annotations'], containers: readonly string[]): string | undefined {
  return Object.keys(annotations).flatMap((key) => {
    const [, domain = '', word = '', container = ''] = KEY.exec(key) ?? [];
    const isKnown = [SLUICE_UPDATE, SLUICE_FREEZE].includes(key) || key.startsWith(`${SLUICE_UPDATE}.`);
    const near = isKnown ? undefined : nearMiss(word, [WORD, FREEZE]);
    if (near === undefined || nearMiss(domain, [DOMAIN]) === undefined) {
      return [];
    }
    const line = containers.includes(container) ? `${SLUICE_UPDATE}.${container}` : SLUICE_UPDATE;
    const meant = near === FREEZE ? SLUICE_FREEZE : line;
    return [`the annotation ${key} is unknown; did you mean ${meant}?`];
  })[0];
}
