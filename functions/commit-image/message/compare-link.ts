import type { ImageSource } from '../../../shared/registry/port.ts';

const REVISION = /^[0-9a-f]{7,64}$/;

/**
 * A Markdown link to what changed between two images, where their labels name one source and their revisions; to the
 * new image's commit where only that is known; else undefined. GitHub, GitLab and Gitea have these paths.
 */
export function compareLink(from: ImageSource | undefined, to: ImageSource | undefined): string | undefined {
  const url = webUrl(to?.source);
  const [before, after] = [revisionOf(from), revisionOf(to)];
  if (url === undefined || after === undefined) {
    return undefined;
  }
  return before !== undefined && before !== after && webUrl(from?.source) === url
    ? `[${before.slice(0, 7)}…${after.slice(0, 7)}](${url}/compare/${before}...${after})`
    : `[${after.slice(0, 7)}](${url}/commit/${after})`;
}

function revisionOf(image: ImageSource | undefined): string | undefined {
  return image?.revision !== undefined && REVISION.test(image.revision) ? image.revision : undefined;
}

/** The page of a repository; anything that could be more than a link is none. */
function webUrl(source: string | undefined): string | undefined {
  const text = source?.replace(/^git@([\w.-]+):/, 'https://$1/');
  if (text === undefined || !URL.canParse(text)) {
    return undefined;
  }
  const { protocol, host, pathname } = new URL(text);
  return protocol === 'https:' || protocol === 'http:'
    ? `${protocol}//${host}${pathname.replace(/(\.git)?\/*$/, '')}`.replaceAll(
        /[()<>\s]/g,
        (sign) => `%${sign.charCodeAt(0).toString(16)}`,
      )
    : undefined;
}
