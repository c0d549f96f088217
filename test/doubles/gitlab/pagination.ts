import type { Answer } from './answer.ts';
import { ok } from './answer.ts';

/** One page of a list, with the headers by which GitLab tells of the others. */
export function page<Item>(
  items: readonly Item[],
  { page: number, per_page: size }: { readonly page: number; readonly per_page: number },
  url: URL,
): Answer<readonly Item[]> {
  const total = Math.max(1, Math.ceil(items.length / size));
  const next = number < total ? String(number + 1) : '';
  const links = [
    ...(next === '' ? [] : [link(url, 'next', next)]),
    link(url, 'first', '1'),
    link(url, 'last', String(total)),
  ];
  return ok(items.slice((number - 1) * size, number * size), {
    'x-page': String(number),
    'x-per-page': String(size),
    'x-next-page': next,
    'x-prev-page': number > 1 ? String(number - 1) : '',
    'x-total': String(items.length),
    'x-total-pages': String(total),
    link: links.join(', '),
  });
}

function link(url: URL, relation: string, number: string): string {
  const target = new URL(url);
  target.searchParams.set('page', number);
  return `<${target.href}>; rel="${relation}"`;
}
