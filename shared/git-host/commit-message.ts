import { parseReference } from '../image/reference.ts';
import type { ImageUpdate } from '../queue/messages.ts';

/** One changed site. */
export interface CommittedChange {
  readonly update: ImageUpdate;
  /** The image before and after, as the manifest writes it. */
  readonly from: string;
  readonly to: string;
}

/** Subjects longer than this are cut by most screens; the list stands in the body anyway. */
const IMAGES_IN_SUBJECT = 3;
/** The algorithm and twelve digits. */
const DIGEST_IN_SUBJECT = 'sha256:'.length + 12;

/**
 * The message of a commit: what changed, where and by which policy, then trailers that make history readable from Git
 * alone.
 */
export function commitMessage(changes: readonly CommittedChange[], { skipCi }: { readonly skipCi: boolean }): string {
  const blocks = [
    subjectOf(changes),
    changes.map(lineOf).join('\n'),
    ...(skipCi ? ['[ci skip]'] : []),
    [...new Set([...changes.map(updateTrailer), ...changes.map(pushTrailer)])].join('\n'),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function subjectOf(changes: readonly CommittedChange[]): string {
  const moves = [
    ...new Set(changes.map(({ update, from }) => `${update.image}: ${tagOf(from)} → ${targetOf(update, from)}`)),
  ];
  if (moves.length === 1) {
    return plain(moves[0] ?? '');
  }
  const images = [...new Set(changes.map(({ update }) => update.image))];
  const named = images.slice(0, IMAGES_IN_SUBJECT).join(', ');
  const more = images.length - IMAGES_IN_SUBJECT;
  return plain(`Update ${named}${more > 0 ? ` and ${more} more` : ''}`);
}

/** The new tag; where it is the old one, and only what it points to is new, with the start of that digest. */
function targetOf({ to: { tag, digest } }: ImageUpdate, from: string): string {
  return tagOf(from) === tag && digest !== undefined ? `${tag}@${digest.slice(0, DIGEST_IN_SUBJECT)}` : tag;
}

function lineOf({ update: { site, policy } }: CommittedChange): string {
  return plain(`${site.object} container ${site.container}: ${policy} (${site.file})`);
}

function updateTrailer({ update, from }: CommittedChange): string {
  const { tag, digest } = update.to;
  return `Sluice-Update: ${plain(`${update.image} ${tagOf(from)} ${tag}${digest === undefined ? '' : `@${digest}`}`)}`;
}

function pushTrailer({ update: { push } }: CommittedChange): string {
  return `Sluice-Push: ${plain(`${push.source} ${push.pushedAt ?? push.receivedAt} ${push.id}`)}`;
}

function tagOf(image: string): string {
  const { tag, digest } = parseReference(image);
  return tag ?? digest ?? '(no tag)';
}

/** One line: a tag or an event id cannot begin a trailer of its own. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
