const TOKEN = /YYYY|YY|0Y|0M|0W|0D|MAJOR|MINOR|MICRO|MODIFIER|MM|WW|DD/g;
/** The parts of a date by how much they say; what counts has no place among them. */
const SIGNIFICANCE: Readonly<Record<string, number>> = {
  YYYY: 0,
  YY: 0,
  '0Y': 0,
  MM: 1,
  '0M': 1,
  WW: 1,
  '0W': 1,
  DD: 2,
  '0D': 2,
};
/** What a tag may leave out where it stands at the end, with the text before it. */
const TAIL = /(?<text>[._-])(?<token>MINOR|MICRO)(?=$|\[)/;
/** Small letters that would be parts of a time here, and are text there. */
const TIME = /(?<![a-z])(?:hh|mm|ss|n)+(?![a-z])/;

/**
 * The format of Sluice's `calver` for a layout of Argo CD Image Updater. There the parts of a date rank by what they
 * are, here by where they stand; a layout where that differs is refused, and so are words that have no counterpart.
 *
 * @see https://github.com/argoproj-labs/argocd-image-updater/blob/master/docs/basics/update-strategies.md
 */
export function calverFormat(layout: string): { readonly format: string } | { readonly refused: string } {
  const tokens = [...layout.matchAll(TOKEN)].map(([token]) => token);
  const foreign = tokens.find((token) => token === 'MAJOR' || token === 'MODIFIER');
  if (foreign !== undefined) {
    return refuse(layout, `Sluice has no ${foreign}`);
  }
  const dates = tokens.flatMap((token) => SIGNIFICANCE[token] ?? []);
  if (dates[0] !== 0 || dates.some((one, at) => one <= (dates[at - 1] ?? -1))) {
    return refuse(layout, 'Sluice ranks the parts in the order that they are written in: year, month, day');
  }
  if (TIME.test(layout.replaceAll(TOKEN, '0'))) {
    return refuse(layout, 'hh, mm, ss and n are parts of a time in Sluice');
  }
  let format = layout;
  for (let tail = TAIL.exec(format); tail !== null; tail = TAIL.exec(format)) {
    format = format.replace(TAIL, '[$<text>$<token>]');
  }
  return { format };
}

function refuse(layout: string, why: string): { readonly refused: string } {
  return { refused: `the layout ${JSON.stringify(layout)} of calver cannot be followed: ${why}` };
}
