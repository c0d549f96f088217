import { nearMiss } from '../../near-miss.ts';
import type { Workload } from '../workload.ts';
import { containerFault } from './container-fault.ts';

/** The one in use and the one before it; the one in use wins. */
export const PREFIXES = ['fluxcd.io/', 'flux.weave.works/'] as const;
export const FILTER_PREFIX = 'filter.fluxcd.io/';

const TAG = 'tag.';
const SWITCHES = {
  automated: ['true', 'false'],
  locked: ['true', 'false'],
  ignore: ['true', 'false', 'sync_only'],
} as const;
type Switch = keyof typeof SWITCHES;
const SWITCH_NAMES: readonly Switch[] = ['automated', 'locked', 'ignore'];
const WORDS = [...SWITCH_NAMES, 'locked_user', 'locked_msg'];

/** What is wrong with a workload's annotations. */
export interface AnnotationFault {
  /** For people: `fluxcd.io/tag.helo names no container; did you mean fluxcd.io/tag.hello?` */
  readonly reason: string;
  /** Was it to be said that there are updates? */
  readonly isOfAutomation: boolean;
}

/**
 * The first annotation that does not do what it says: a switch with another text than it has, a filter of a container
 * that the workload does not have, or a name that is nearly one of Flux's. Names of others are none of them.
 *
 * @param read the text of an annotation under the prefix that wins
 */
export function faultIn(
  { annotations, containers }: Workload,
  read: (key: string) => string | undefined,
): AnnotationFault | undefined {
  const names = containers.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const misspelt = Object.keys(annotations).flatMap((annotation) => nameFault(annotation, names) ?? []);
  return [...SWITCH_NAMES.flatMap((name) => switchFault(name, read(name)) ?? []), ...misspelt][0];
}

function switchFault(name: Switch, value: string | undefined): AnnotationFault | undefined {
  const texts: readonly string[] = SWITCHES[name];
  // Nothing behind the colon says nothing.
  if (value === undefined || value === '' || texts.includes(value)) {
    return undefined;
  }
  const quoted = texts.map((text) => `"${text}"`).join(' or ');
  return {
    reason: `the annotation ${name} is ${JSON.stringify(value)}; expected ${quoted}`,
    isOfAutomation: name === 'automated',
  };
}

function nameFault(annotation: string, containers: readonly string[]): AnnotationFault | undefined {
  if (annotation.startsWith(FILTER_PREFIX)) {
    return filterFault(annotation, FILTER_PREFIX, containers);
  }
  const prefix = PREFIXES.find((one) => annotation.startsWith(one));
  if (prefix === undefined) {
    return prefixFault(annotation);
  }
  const word = annotation.slice(prefix.length);
  if (word.startsWith(TAG)) {
    return filterFault(annotation, `${prefix}${TAG}`, containers);
  }
  return WORDS.includes(word) ? undefined : wordFault(annotation, prefix, word, containers);
}

function filterFault(annotation: string, before: string, containers: readonly string[]): AnnotationFault | undefined {
  const reason = containerFault(annotation, before, containers);
  return reason === undefined ? undefined : { reason, isOfAutomation: false };
}

/** `tags.web`, `tag-web`, `automatd`: what others put under the prefix is theirs, what nearly is ours is a slip. */
function wordFault(
  annotation: string,
  prefix: string,
  word: string,
  containers: readonly string[],
): AnnotationFault | undefined {
  const near = nearMiss(word, [...WORDS, ...containers.map((name) => `${TAG}${name}`)]);
  return near === undefined
    ? undefined
    : {
        reason: `the annotation ${annotation} is unknown; did you mean ${prefix}${near}?`,
        isOfAutomation: near === 'automated',
      };
}

/** `fluxc.io/automated`: a whole name that is one slip away from one of ours. */
function prefixFault(annotation: string): AnnotationFault | undefined {
  const [, prefix = '', word = ''] = /^([^/]+\/)(.+)$/.exec(annotation) ?? [];
  const near = nearMiss(prefix, [...PREFIXES, FILTER_PREFIX]);
  const isOurWord = WORDS.includes(word) || word.startsWith(TAG);
  return near === undefined || !isOurWord
    ? undefined
    : {
        reason: `the annotation ${annotation} is unknown; did you mean ${near}${word}?`,
        isOfAutomation: word === 'automated',
      };
}
