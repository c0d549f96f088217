import { type MessageFacts, renderTemplate } from '../../../shared/config/message-template.ts';
import type { RepositoryConfig } from '../../../shared/config/repository.ts';
import { eventId } from '../../../shared/event-id.ts';
import { siteTrailer } from '../../../shared/history/trailers.ts';
import { parseReference } from '../../../shared/image/reference.ts';
import { inertText } from '../../../shared/inert-text.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';

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

/** How a repository wants its messages. */
export interface MessageStyle {
  readonly branch: string;
  readonly skipCi: boolean;
  /** Mustache templates, checked when the configuration was loaded. */
  readonly message: { readonly subject?: string | undefined; readonly body?: string | undefined };
}

/** How a repository wants its messages, by its configuration. */
export function styleOf({ branch, delivery }: Pick<RepositoryConfig, 'branch' | 'delivery'>): MessageStyle {
  return { branch, message: delivery.message, skipCi: delivery.skipCi === true };
}

/**
 * The message of a commit: what changed, where and by which policy, in the repository's own words where it has some;
 * then trailers that make history readable from Git alone.
 */
export function commitMessage(changes: readonly CommittedChange[], style: MessageStyle): string {
  const blocks = [
    commitSubject(changes, style),
    bodyOf(changes, style),
    ...(style.skipCi ? ['[ci skip]'] : []),
    [...new Set([updateTrailer, siteLine, pushTrailer].flatMap((trailer) => changes.map(trailer)))].join('\n'),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** The first line, also the title of a pull request. */
export function commitSubject(changes: readonly CommittedChange[], { branch, message }: MessageStyle): string {
  const own = message.subject === undefined ? '' : renderTemplate(message.subject, factsOf(changes, branch));
  return plain(own).trim() || subjectOf(changes);
}

function bodyOf(changes: readonly CommittedChange[], { branch, message }: MessageStyle): string {
  return message.body === undefined
    ? changes.map(lineOf).join('\n')
    : ownTrailersOut(renderTemplate(message.body, factsOf(changes, branch))).trim();
}

/** What looks like our trailers, and is none, would be read as history. */
function ownTrailersOut(text: string): string {
  return text.replaceAll(/^(\s*(?:[-*+]\s+)?)Sluice-/gim, '$1Sluice ');
}

function factsOf(changes: readonly CommittedChange[], branch: string): MessageFacts {
  const moves = changes.map(({ update, from }) => ({
    image: update.image,
    name: update.image.slice(update.image.lastIndexOf('/') + 1),
    from: tagOf(from),
    to: update.to.tag,
    digest: update.to.digest ?? '',
    file: word(update.site.file),
    object: word(update.site.object),
    container: word(update.site.container),
    policy: word(update.policy),
    source: word(update.push.source),
    pushedAt: update.push.pushedAt ?? update.push.receivedAt,
  }));
  const images = new Map(
    moves.map(({ image, name, from, to, digest }) => [`${image} ${from} ${to}`, { image, name, from, to, digest }]),
  );
  return { branch, count: changes.length, images: marked([...images.values()]), changes: marked(moves) };
}

function marked<T>(items: readonly T[]): readonly (T & { readonly last: boolean })[] {
  return items.map((item, index) => ({ ...item, last: index === items.length - 1 }));
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
  return word(`${site.object} container ${site.container}: ${policy} (${site.file})`);
}

function updateTrailer({ update, from }: CommittedChange): string {
  const { tag, digest } = update.to;
  return `Sluice-Update: ${plain(`${update.image} ${tagOf(from)} ${tag}${digest === undefined ? '' : `@${digest}`}`)}`;
}

function siteLine({ update: { site, image, to } }: CommittedChange): string {
  return plain(siteTrailer(site, image, to));
}

function pushTrailer({ update: { push } }: CommittedChange): string {
  return `Sluice-Push: ${word(`${push.source} ${push.pushedAt ?? push.receivedAt} ${eventId(push.id)}`)}`;
}

/** The tag of an image, or what stands in its place. */
export function tagOf(image: string): string {
  const { tag, digest } = parseReference(image);
  return tag ?? digest ?? '(no tag)';
}

/** What a manifest says, on one line: the host takes it for words only. */
export function word(text: string): string {
  return inertText(plain(text));
}

/** One line: a tag or an event id cannot begin a trailer of its own. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
