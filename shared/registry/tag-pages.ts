import type { RegistryReply } from './http.ts';
import { invalid, readJson, tagsOf } from './manifest.ts';

const MAX_PAGES = 1000;

/**
 * All tags of a repository, page by page. Of the address of a next page only the query counts: registries behind a
 * proxy write there the host or the path that they have inside, and what goes elsewhere would take our credentials.
 *
 * @param first the first page
 * @param get fetches a page
 * @throws SluiceError `registry-reply-invalid` for pages that go in a circle, or without end
 */
export async function tagPages(
  first: URL,
  host: string,
  get: (url: URL) => Promise<RegistryReply>,
): Promise<readonly string[]> {
  const pages: (readonly string[])[] = [];
  const seen = new Set<string>();
  let url: URL | undefined = first;
  while (url !== undefined) {
    seen.add(url.href);
    const reply = await get(url);
    pages.push(tagsOf(readJson(reply.body, host), host));
    url = nextPage(reply.headers.get('link'), first);
    if (url !== undefined && (seen.has(url.href) || seen.size === MAX_PAGES)) {
      const again = seen.has(url.href) ? ' again' : '';
      throw invalid(host, `at most ${MAX_PAGES} pages of tags`, `${url.pathname}${url.search}${again}`);
    }
  }
  return pages.flat();
}

function nextPage(header: string | undefined, first: URL): URL | undefined {
  const target = nextLink(header ?? '');
  if (target === undefined || !URL.canParse(target, first.href)) {
    return undefined;
  }
  const url = new URL(first);
  url.search = new URL(target, first.href).search;
  return url;
}

const TARGET = /[\s,]*<([^>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;

/** The target with the relation `next`: https://www.rfc-editor.org/rfc/rfc8288#section-3 */
function nextLink(header: string): string | undefined {
  TARGET.lastIndex = 0;
  for (let link = TARGET.exec(header); link !== null; link = TARGET.exec(header)) {
    let relations = '';
    PARAMETER.lastIndex = TARGET.lastIndex;
    for (let one = PARAMETER.exec(header); one !== null; one = PARAMETER.exec(header)) {
      TARGET.lastIndex = PARAMETER.lastIndex;
      const [, name = '', quoted, bare = ''] = one;
      // Only the first one counts.
      relations ||= name.toLowerCase() === 'rel' ? (quoted ?? bare) : '';
    }
    if (relations.toLowerCase().split(/\s+/).includes('next')) {
      return link[1];
    }
  }
  return undefined;
}
