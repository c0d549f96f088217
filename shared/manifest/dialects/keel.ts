import { isSluiceError } from '../../errors.ts';
import { compilePattern } from '../../policy/compile-pattern.ts';
import { escapeSemicolons } from '../../policy/line.ts';
import type { Container } from '../container.ts';
import type { SitePolicy } from '../site.ts';
import type { Workload } from '../workload.ts';
import type { Dialect } from './dialect.ts';
import { heldByFault } from './held-by-fault.ts';

export const KEEL_PREFIX = 'keel.sh/';
const POLICY = `${KEEL_PREFIX}policy`;
/** The spelling in use, which wins, and the one before it. */
const MATCH_TAG = [`${KEEL_PREFIX}matchTag`, `${KEEL_PREFIX}match-tag`] as const;
const MATCH_PRERELEASE = `${KEEL_PREFIX}matchPreRelease`;
const MONITOR_CONTAINERS = `${KEEL_PREFIX}monitorContainers`;
const INIT_CONTAINERS = `${KEEL_PREFIX}initContainers`;

type Settings = Readonly<Record<string, string>>;

/**
 * Annotations and labels of Keel on the workload, as `shared/policy/keel.ts` reads their policies. Where the
 * annotations name a policy no label counts. `never` asks for nothing, and no switch is on but by exactly `true`.
 *
 * Which containers count is read from either, wherever the policy stands, and from the annotations first.
 *
 * What Keel has beside policies is left to it: triggers, schedules, approvals, notifications.
 *
 * @see https://keel.sh/docs/#policies
 * @see https://github.com/keel-hq/keel/blob/master/internal/policy/policy.go
 * @see https://github.com/keel-hq/keel/blob/master/provider/kubernetes/updates.go
 */
export const keel: Dialect = {
  policyFor(workload: Workload, name: string): SitePolicy | undefined {
    const settings = settingsOf(workload);
    const policy = settings[POLICY];
    const container = workload.containers.find((one) => one.name === name);
    if (policy === undefined || policy === '' || policy === 'never' || container === undefined) {
      return undefined;
    }
    const monitored = isMonitored(container, { ...workload.labels, ...workload.annotations });
    return monitored === false
      ? undefined
      : { dialect: 'keel', text: lineOf(policy, settings), ...(monitored !== true && heldByFault(monitored)) };
  },
};

/** The set that counts: annotations where they name a policy, else labels. */
function settingsOf({ annotations, labels }: Workload): Settings {
  return annotations[POLICY] === undefined ? labels : annotations;
}

function lineOf(policy: string, settings: Settings): string {
  const isSameTag = policy === 'force' && MATCH_TAG.map((name) => settings[name]).find(isSet) === 'true';
  const isStep = ['major', 'minor', 'patch'].includes(policy);
  const isAnyPrerelease = isStep && (settings[MATCH_PRERELEASE] ?? 'true') !== 'true';
  const words = [isSameTag ? '; same-tag' : '', isAnyPrerelease ? '; any-prerelease' : ''];
  return `keel:${escapeSemicolons(policy)}${words.join('')}`;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined;
}

/** Init containers are where they are asked for. A pattern that is none holds all: nobody knows what it was to leave out. */
function isMonitored({ name = '', isInit }: Container, settings: Settings): boolean | string {
  if (isInit && settings[INIT_CONTAINERS] !== 'true') {
    return false;
  }
  const pattern = settings[MONITOR_CONTAINERS];
  if (pattern === undefined || pattern === '') {
    return true;
  }
  try {
    return compilePattern(`${MONITOR_CONTAINERS}: ${pattern}`, pattern).foundIn([name]).length > 0;
  } catch (error) {
    if (isSluiceError(error, 'policy-invalid', 'policy-over-budget')) {
      return `${MONITOR_CONTAINERS} is ${JSON.stringify(pattern)}; expected a regular expression`;
    }
    throw error;
  }
}
