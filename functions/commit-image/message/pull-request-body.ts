import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { inertText } from '../../../shared/inert-text.ts';
import { imageUpdateSchema } from '../../../shared/queue/messages.ts';
import type { ImageSource } from '../../../shared/registry/port.ts';
import * as z from '../../../shared/schema.ts';
import { type CommittedChange, tagOf } from './commit-message.ts';
import { compareLink } from './compare-link.ts';

/** A change as a pull request proposes it, with where its images come from, where they say so. */
export interface ProposedChange extends CommittedChange {
  readonly fromSource?: ImageSource | undefined;
  readonly toSource?: ImageSource | undefined;
}

const proposalSchema = z.omit(imageUpdateSchema, { version: true, repository: true, branch: true, revision: true });
/** As many as a body has room for, packed. */
const MAX_PROPOSALS = 2000;
const proposalsSchema = z.array(proposalSchema).check(z.maxLength(MAX_PROPOSALS));
/** What ids of events are; anything else was written there by somebody, and goes into no commit message. */
const EVENT_WORD = /^[\w.:@/+=~-]{1,300}$/;

/** A proposed update; `from` is the image at the base branch. */
export type Proposal = z.infer<typeof proposalSchema>;

/** GitHub takes bodies of 65,536 characters; as many rows are some 40,000. */
const MAX_ROWS = 150;
const MAX_MARKER_BYTES = 1024 * 1024;
const MARKER = /<!-- sluice:1 ([\w-]+) -->/;
const SUPERSEDED = '<!-- sluice:superseded -->';

const HEAD = ['Workload', 'Container', 'From', 'To', 'Policy', 'Pushed at', 'Compare'];

/**
 * The body of a pull request: a table for people, and the same hidden for the next look at it. What is proposed is kept
 * nowhere else.
 */
export function pullRequestBody(changes: readonly ProposedChange[]): string {
  const rows = changes.slice(0, MAX_ROWS).map(rowOf);
  const more = changes.length - rows.length;
  const files = [...new Set(changes.map(({ update }) => update.site.file))].slice(0, MAX_ROWS);
  return [
    [row(HEAD), row(HEAD.map(() => '---')), ...rows].join('\n'),
    ...(more > 0 ? [`And ${more} more.`] : []),
    `In ${files.map(words).join(', ')}.`,
    'Newer images are added here as they come. Closing this without merging declines these versions: they are not proposed again.',
    marker(changes),
  ].join('\n\n');
}

/**
 * What a pull request says that it proposes; undefined where its body is not ours, or is damaged. Whoever may write to
 * the repository may edit it: it names places and tags, and everything else is decided anew.
 */
export function proposalsOf(body: string): readonly Proposal[] | undefined {
  const encoded = MARKER.exec(body)?.[1];
  if (encoded === undefined) {
    return undefined;
  }
  try {
    const text = inflateRawSync(Buffer.from(encoded, 'base64url'), { maxOutputLength: MAX_MARKER_BYTES });
    return proposalsSchema.safeParse(JSON.parse(text.toString('utf8'))).data?.map(withoutWords);
  } catch {
    return undefined;
  }
}

function withoutWords({ push, ...proposal }: Proposal): Proposal {
  const word = (text: string) => (EVENT_WORD.test(text) ? text : 'unknown');
  return { ...proposal, push: { ...push, id: word(push.id), source: word(push.source) } };
}

/** The body of one that is closed because it is no longer needed: that declines nothing. */
export function supersededBody(body: string): string {
  return isSuperseded(body) ? body : `${body}\n\n${SUPERSEDED}`;
}

export function isSuperseded(body: string): boolean {
  return body.includes(SUPERSEDED);
}

function marker(changes: readonly CommittedChange[]): string {
  const proposals = changes.map(({ update, from }) => proposalSchema.parse({ ...update, from }));
  return `<!-- sluice:1 ${deflateRawSync(JSON.stringify(proposals)).toString('base64url')} -->`;
}

function rowOf({ update, from, fromSource, toSource }: ProposedChange): string {
  const { site, to, policy, push } = update;
  const same = tagOf(from) === to.tag && to.digest !== undefined;
  return row([
    words(site.object),
    words(site.container),
    code(tagOf(from)),
    code(same ? `${to.tag}@${to.digest?.slice(0, 19)}` : to.tag),
    words(policy),
    push.pushedAt ?? push.receivedAt,
    compareLink(fromSource, toSource) ?? '',
  ]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What a manifest says, as code. */
function words(text: string): string {
  return code(inertText(text));
}

/**
 * As code: nothing in it is markup. A bar behind a backslash would end the cell of a table all the same, and what is
 * behind it were no code any more.
 *
 * @see https://github.github.com/gfm/#tables-extension-
 */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('\\|', '\\%7C')}\``;
}
