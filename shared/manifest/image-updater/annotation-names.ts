import { nearMiss } from '../../near-miss.ts';
import type { ListedImage } from './image-list.ts';

export const PREFIX = 'argocd-image-updater.argoproj.io/';

/** What is said of the whole Application. */
const WIDE = [
  'image-list',
  'update-strategy',
  'allow-tags',
  'ignore-tags',
  'force-update',
  'pull-secret',
  'platforms',
  'write-back-method',
  'write-back-target',
  'git-branch',
  'git-repository',
];
/** What is said of one image, behind its alias and a dot. */
const OF_IMAGE = [
  'update-strategy',
  'allow-tags',
  'tag-match',
  'ignore-tags',
  'force-update',
  'pull-secret',
  'platforms',
  'registry-prefix',
  'helm.image-name',
  'helm.image-tag',
  'helm.image-spec',
  'kustomize.image-name',
];
/** Of one Application so many names are looked at. */
const MAX_NAMES = 500;

/** An annotation that does not do what it says. */
export interface NameFault {
  readonly reason: string;
  /** The alias that was meant; undefined where it may be any. */
  readonly alias: string | undefined;
}

/** As annotations name it: Kubernetes takes no second slash there. */
export function keyOf(alias: string): string {
  return alias.replaceAll('/', '_');
}

/**
 * The annotations that name an image which is not in the list, or are nearly one of the updater's. It passes over both
 * without a word; nobody knows what they were to keep out. Other names under the prefix are passed over here too.
 */
export function nameFaults(names: readonly string[], images: readonly ListedImage[]): readonly NameFault[] {
  const aliases = images.flatMap(({ alias }) => (alias === undefined ? [] : [keyOf(alias)]));
  return names
    .filter((name) => name.startsWith(PREFIX))
    .slice(0, MAX_NAMES)
    .flatMap((name) => faultOf(name, name.slice(PREFIX.length), aliases, images) ?? []);
}

function faultOf(
  name: string,
  word: string,
  aliases: readonly string[],
  images: readonly ListedImage[],
): NameFault | undefined {
  if (WIDE.includes(word)) {
    return undefined;
  }
  const option = OF_IMAGE.find((one) => word.endsWith(`.${one}`));
  if (option === undefined) {
    return misspelt(name, word, aliases);
  }
  const key = word.slice(0, -option.length - 1);
  return aliases.includes(key) ? undefined : unknownAlias(name, { key, option }, aliases, images);
}

interface Named {
  readonly key: string;
  readonly option: string;
}

function unknownAlias(
  name: string,
  { key, option }: Named,
  aliases: readonly string[],
  images: readonly ListedImage[],
): NameFault {
  const alias = nearMiss(key, aliases);
  const bare = images.find((one) => one.alias === undefined && one.image.split('/').at(-1) === key);
  let hint = aliases.length === 0 ? '; no image of it has one' : `; it has ${aliases.join(', ')}`;
  if (bare !== undefined) {
    hint = `; write ${key}=${bare.image} there`;
  } else if (alias !== undefined) {
    hint = `; did you mean ${PREFIX}${alias}.${option}?`;
  }
  return { reason: `the annotation ${name} names no alias of image-list${hint}`, alias };
}

function misspelt(name: string, word: string, aliases: readonly string[]): NameFault | undefined {
  const ofImages = new Map<string, string>(
    aliases.flatMap((alias) => OF_IMAGE.map((option) => [`${alias}.${option}`, alias] as const)),
  );
  const near = nearMiss(word, [...WIDE, ...ofImages.keys()]);
  return near === undefined
    ? undefined
    : { reason: `the annotation ${name} is unknown; did you mean ${PREFIX}${near}?`, alias: ofImages.get(near) };
}
