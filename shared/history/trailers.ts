import { inertText } from '../inert-text.ts';

/** An image that Sluice once moved, as a commit message tells of it. */
export interface PastUpdate {
  /** Normalised name without tag: `registry.gitlab.com/lucj/hello`. */
  readonly image: string;
  /** The tag, or where none stood the digest or `(no tag)`. */
  readonly from: string;
  /** The new tag. */
  readonly to: string;
  readonly digest?: string;
}

/** One place that names an image. */
export interface SiteName {
  /** From the repository's root. */
  readonly file: string;
  /** `deployment/default/hello` */
  readonly object: string;
  readonly container: string;
}

/** Tells places apart; the same for all that names the same one. */
export function siteKey({ file, object, container }: SiteName): string {
  return JSON.stringify([file, object, container]);
}

/** Tells an image at a place from others; what a rollback is of. */
export function siteImageKey(image: string, site: SiteName): string {
  return `${siteKey(site)} ${image}`;
}

/** A version of an image. */
export interface SetVersion {
  readonly tag: string;
  readonly digest?: string | undefined;
}

/** A version that Sluice once set at one place. */
export interface SiteUpdate extends SiteName, SetVersion {
  /** Normalised name without tag. */
  readonly image: string;
}

// Squashed messages indent those that they hold, or make list items of them. Quoted ones (`>`) are somebody's words.
const BEFORE = String.raw`^[ \t]*(?:[-*+][ \t]+)?`;
// The grammar at the head of https://pkg.go.dev/github.com/distribution/reference, read generously.
const VERSION = String.raw`(?<tag>\w[\w.-]{0,127})(?:@(?<digest>[a-z0-9]+:[0-9a-f]+))?[ \t]*\r?$`;
const UPDATE = new RegExp(String.raw`${BEFORE}Sluice-Update: (?<image>\S+) (?<from>\(no tag\)|\S+) ${VERSION}`);
const PLACE = String.raw`(?<file>\S+) (?<object>\S+) (?<container>\S+) (?<image>\S+) ${VERSION}`;
const SITE = new RegExp(`${BEFORE}Sluice-Site: ${PLACE}`);
const ROLLBACK = new RegExp(`${BEFORE}Sluice-Rollback: (?<what>noted|over) ${PLACE}`);

/**
 * The updates that a commit message tells of in its `Sluice-Update: IMAGE FROM TO[@DIGEST]` lines, the oldest first.
 * The message of a revert tells of none.
 */
export function readUpdateTrailers(message: string): readonly PastUpdate[] {
  return inOrder(message, UPDATE).flatMap(({ image, from, tag, digest }) =>
    image === undefined || from === undefined || tag === undefined
      ? []
      : [{ image, from, to: tag, ...(digest === undefined ? {} : { digest }) }],
  );
}

/**
 * The trailer that says which version was set at a place: `Sluice-Site: FILE OBJECT CONTAINER IMAGE TAG[@DIGEST]`.
 * White space, control characters, `%` and what a host would act on are percent-encoded in the names.
 */
export function siteTrailer(site: SiteName, image: string, version: SetVersion): string {
  return `Sluice-Site: ${words(site, image, version)}`;
}

/** The trailer that says that a rollback was written down in the block list, or taken out of it. */
export function rollbackTrailer(what: 'noted' | 'over', site: SiteName, image: string, version: SetVersion): string {
  return `Sluice-Rollback: ${what} ${words(site, image, version)}`;
}

/** A rollback that was written down in the block list, or taken out of it. */
export interface RollbackChange extends SiteUpdate {
  readonly what: 'noted' | 'over';
}

/** The rollbacks that a commit message tells of in its `Sluice-Rollback` lines, the oldest first. */
export function readRollbackTrailers(message: string): readonly RollbackChange[] {
  return inOrder(message, ROLLBACK).flatMap((groups) => {
    const what = groups['what'] === 'over' ? 'over' : 'noted';
    const [update] = siteUpdateOf(groups);
    return update === undefined ? [] : [{ what, ...update }];
  });
}

/** The places that a commit message tells of in its `Sluice-Site` lines, the oldest change first. */
export function readSiteTrailers(message: string): readonly SiteUpdate[] {
  return inOrder(message, SITE).flatMap(siteUpdateOf);
}

/** None for names that {@link encode} did not write. */
function siteUpdateOf(groups: Groups): readonly SiteUpdate[] {
  const [file, object, container] = [groups['file'], groups['object'], groups['container']].map(decode);
  const { image, tag, digest } = groups;
  return file === undefined ||
    object === undefined ||
    container === undefined ||
    image === undefined ||
    tag === undefined
    ? []
    : [{ file, object, container, image, tag, ...(digest === undefined ? {} : { digest }) }];
}

type Groups = Readonly<Record<string, string | undefined>>;

function inOrder(message: string, trailer: RegExp): readonly Groups[] {
  if (isRevert(message)) {
    return [];
  }
  // Not by the flag `m`: U+2028 ends no line of Git's, and may stand in somebody's words.
  const found = message.split('\n').flatMap((line): readonly Groups[] => {
    const groups = trailer.exec(line)?.groups;
    return groups === undefined ? [] : [groups];
  });
  return listsNewestFirst(message) ? found.toReversed() : found;
}

/**
 * Does the message say that another commit was taken back? `git revert` quotes that one's subject, people its trailers
 * too. A squashed message that holds a revert among others is none itself.
 *
 * @see https://git-scm.com/docs/git-revert
 */
function isRevert(message: string): boolean {
  // A pattern that begins with white space would look at many blank lines again from each of them.
  const text = message.trimStart();
  return (
    /^(?:revert|reapply) "/i.test(text) ||
    /^revert(?:\([^)\n]*\))?!?: /i.test(text) ||
    /^[^\n]*\n\s*(?:This reverts (?:commit|merge request)|Reverts \S+[#!]\d)/.test(text)
  );
}

/** `git merge --squash` writes a log; the hosts write lists from the oldest on. */
function listsNewestFirst(message: string): boolean {
  return /(?:^|\n)Squashed commit of the following:/.test(message);
}

function words(site: SiteName, image: string, { tag, digest }: SetVersion): string {
  const names = inertText([site.file, site.object, site.container].map(encode).join(' '));
  return `${names} ${image} ${tag}${digest === undefined ? '' : `@${digest}`}`;
}

function encode(name: string): string {
  return inertText(name.replaceAll('%', '%25')).replaceAll(/[\s\p{Cc}]/gu, encodeURIComponent);
}

/** Undefined for what {@link encode} did not write. */
function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
