import Mustache from 'mustache';
import { messageOf } from '../errors.ts';

/** An image that moves, as a template sees it. */
export interface ImageMove {
  /** `registry.gitlab.com/lucj/hello` */
  readonly image: string;
  /** Its last part: `hello`. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** `''` where it is not known. */
  readonly digest: string;
  /** For commas between, and none behind. */
  readonly last: boolean;
}

/** One changed place, as a template sees it. */
export interface SiteMove extends ImageMove {
  readonly file: string;
  readonly object: string;
  readonly container: string;
  readonly policy: string;
  readonly source: string;
  readonly pushedAt: string;
}

/** All that a template of a commit message may use. */
export interface MessageFacts {
  readonly branch: string;
  /** How many places change. */
  readonly count: number;
  /** Each image and version once. */
  readonly images: readonly ImageMove[];
  readonly changes: readonly SiteMove[];
}

const OF_IMAGE = ['image', 'name', 'from', 'to', 'digest', 'last'];
const OF_CHANGE = [...OF_IMAGE, 'file', 'object', 'container', 'policy', 'source', 'pushedAt'];
const AT_TOP = ['branch', 'count', 'images', 'changes'];
const LISTS: Readonly<Record<string, readonly string[]>> = { images: OF_IMAGE, changes: OF_CHANGE };

/** Renders a Mustache template; nothing is escaped, since a commit message is no HTML. */
export function renderTemplate(template: string, facts: MessageFacts): string {
  return Mustache.render(template, facts, {}, { escape: String });
}

/** What is wrong with a template: its syntax, and each name that it may not use. */
export function templateFaults(template: string): readonly string[] {
  try {
    return nameFaults(Mustache.parse(template), AT_TOP);
  } catch (error) {
    return [`expected a Mustache template, found ${messageOf(error)}`];
  }
}

type Spans = ReturnType<typeof Mustache.parse>;

function nameFaults(spans: Spans, known: readonly string[]): readonly string[] {
  return spans.flatMap(([type, name, , , children]) => {
    if (type === 'text' || type === '!') {
      return [];
    }
    if (type === '>' || type === '=') {
      return [`expected no partials and no other delimiters, found ${name}`];
    }
    const inner = Array.isArray(children) ? nameFaults(children, [...known, ...(LISTS[name] ?? [])]) : [];
    return known.includes(name) || name === '.'
      ? inner
      : [`expected one of ${known.join(', ')}, found ${name}`, ...inner];
  });
}
