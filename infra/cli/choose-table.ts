import type { Policy, TagFacts } from '../../shared/policy/policy.ts';
import { rankedTags, type Survey } from '../../shared/policy/survey.ts';
import type { HeldTags } from './choose-age.ts';
import { TERMINAL_WIDTH, wrapText } from './wrap-text.ts';

/** Of the column of tags; longer ones have a line of their own. */
const WIDEST_TAG = 32;
const WINNER = '→ ';
const NO_MARK = '  ';

interface Row {
  readonly mark: string;
  readonly tag: string;
  readonly rank: string;
  readonly verdict: string;
}

/** What a table of tags shows beside the survey. */
export interface Shown {
  readonly policy: Policy;
  readonly seen: Survey;
  readonly held: HeldTags;
  readonly current: string | undefined;
  /** Is marked; undefined where nothing is chosen. */
  readonly chosen: string | undefined;
}

/** Each tag with its rank or why it has none, the best first, for a terminal of 80 columns. */
export function tagTable({ policy, seen, held, current, chosen }: Shown): string {
  const ranked = rankedTags(policy, seen.all);
  const inOrder = new Set(ranked.map(({ facts }) => facts.tag));
  const matching = new Set(seen.matching.map(({ tag }) => tag));
  const rowOf = ({ tag }: TagFacts, rank: string): Row => {
    const matched = matching.has(tag) ? matchedText(rank) : refusalText(policy, tag);
    const reason = held.get(tag);
    const verdict = reason === undefined ? matched : `${matched}; ${reason}`;
    const standing = tag === current ? ', the current one' : '';
    return { mark: tag === chosen ? WINNER : NO_MARK, tag, rank, verdict: `${verdict}${standing}` };
  };
  const rows = [
    ...ranked.map(({ facts }, at) => rowOf(facts, `${at + 1}`)),
    ...seen.all.filter(({ tag }) => !inOrder.has(tag)).map((facts) => rowOf(facts, '–')),
  ];
  return printRows([{ mark: NO_MARK, tag: 'TAG', rank: 'RANK', verdict: 'MATCHED' }, ...rows]);
}

function matchedText(rank: string): string {
  return rank === '–' ? 'yes, but it does not say when it was built' : 'yes';
}

/** Its reason, without the tag that stands at the start of the line. */
function refusalText(policy: Policy, tag: string): string {
  const { reason } = policy.refusal(tag);
  const start = `tag ${tag} `;
  return `no: ${reason.startsWith(start) ? reason.slice(start.length) : reason}`;
}

function printRows(rows: readonly Row[]): string {
  const width = Math.min(WIDEST_TAG, Math.max(...rows.map(({ tag }) => tag.length)));
  const rankWidth = Math.max(...rows.map(({ rank }) => rank.length));
  const indent = ' '.repeat(NO_MARK.length + width + rankWidth + 4);
  return rows
    .flatMap(({ mark, tag, rank, verdict }) => {
      const behind = `${rank.padStart(rankWidth)}  ${verdict}`;
      // A tag that is wider than its column has a line of its own.
      return tag.length > width
        ? [`${mark}${tag}`, wrapText(`${' '.repeat(NO_MARK.length + width + 2)}${behind}`, indent, TERMINAL_WIDTH)]
        : [wrapText(`${mark}${tag.padEnd(width)}  ${behind}`, indent, TERMINAL_WIDTH)];
    })
    .join('\n');
}
