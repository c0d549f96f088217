const DEFAULT_PER_PAGE = 30;
const MAX_PER_PAGE = 100;

/** A part of a list, as a caller asks for it. */
export interface Page {
  readonly page: number;
  readonly perPage: number;
}

/** Which part is asked for; more than a hundred at once is a hundred. */
export function pageOf(query: URLSearchParams): Page {
  const number = (name: string, otherwise: number) => Math.max(1, Number(query.get(name) ?? otherwise) || otherwise);
  return { page: number('page', 1), perPage: Math.min(MAX_PER_PAGE, number('per_page', DEFAULT_PER_PAGE)) };
}

/** A part of a list that is at hand. */
export function slice<Item>(items: readonly Item[], { page, perPage }: Page): readonly Item[] {
  return items.slice((page - 1) * perPage, page * perPage);
}

/**
 * The `Link` header of a part; none where the list has no other. GitHub names the repository by its number in it.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
export function linkHeader(
  address: string,
  query: URLSearchParams,
  { page, perPage }: Page,
  total: number,
): Record<string, string> {
  const last = Math.max(1, Math.ceil(total / perPage));
  const to = (rel: string, number: number) => {
    const more = new URLSearchParams(query);
    more.set('page', String(number));
    return `<${address}?${more.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to('prev', page - 1)] : []),
    ...(page < last ? [to('next', page + 1), to('last', last)] : []),
    ...(page > 1 ? [to('first', 1)] : []),
  ];
  return links.length === 0 ? {} : { link: links.join(', ') };
}
