import { didYouMean } from '../../near-miss.ts';
import type { Declared } from '../declarations/declared-objects.ts';
import type { Remark } from '../declarations/dialect.ts';
import { valuePath } from './entry-index.ts';
import type { ApplicationSetFacts, UpdaterObjectFacts } from './facts.ts';
import type { ImageEntry } from './settings.ts';
import type { UpdatedApplication } from './updated-application.ts';
import type { Target } from './write-back.ts';

/**
 * What a person should know of an Application's images: why those are not updated that stand nowhere, and what of the
 * others is not followed.
 *
 * @param found the images that stand somewhere
 */
export function remarksOn(application: UpdatedApplication, found: ReadonlySet<ImageEntry>): readonly Remark[] {
  const { file, object } = application.declared;
  const remark = (reason: string, isNote?: boolean): Remark => ({ file, reason: `${object}: ${reason}`, isNote });
  const missing = application.images.filter((entry) => !found.has(entry));
  const unread = application.images.filter(({ platforms }) => platforms.length > 0);
  return [
    ...missing.map((entry) => remark(`${entry.image} is not updated: ${whyMissing(entry, application)}`)),
    ...unread.map(({ image, platforms }) =>
      remark(`the platforms of ${image} (${platforms.join(', ')}) are not looked at`, true),
    ),
  ];
}

function whyMissing({ policy, helm }: ImageEntry, application: UpdatedApplication): string {
  const { declared, target, path, elsewhere } = application;
  if ('refused' in policy) {
    return policy.refused;
  }
  const where = whereMissing(target, valuePath(helm), path);
  const hasText = target.kind === 'anywhere' && declared.facts.sources.some(({ hasTextOfValues }) => hasTextOfValues);
  const more = [elsewhere, hasText ? 'its helm.values is text, which is not looked into' : undefined];
  return [`no tag of it stands in ${where}`, ...more.filter((one) => one !== undefined)].join('; ');
}

function whereMissing(target: Target, value: string, path: string | undefined): string {
  if (target.kind === 'kustomization') {
    return `the images of the kustomization in ${target.folder || '.'}`;
  }
  return target.kind === 'helmvalues'
    ? `${value} of ${target.file}`
    : `its manifest or ${path === undefined ? 'its path' : path || '.'}`;
}

/** Of the names of Applications so many are held against a pattern. */
const MAX_NAMES = 1000;

/**
 * What a person should know of an `ImageUpdater`.
 *
 * @param isSelecting is any Application under a rule of it?
 * @param names of all Applications
 */
export function remarksOnUpdater(
  { file, object, facts }: Declared<UpdaterObjectFacts>,
  isSelecting: boolean,
  names: readonly string[],
): readonly Remark[] {
  const { faults, rules } = facts;
  const patterns = rules.map(({ pattern }) => pattern);
  const [near] = patterns.flatMap((pattern) => didYouMean(pattern, names.slice(0, MAX_NAMES)) || []);
  const none = `no Application that is read is in its namespace and fits ${patterns.slice(0, 3).join(', ')}${near ?? ''}`;
  const words = isSelecting || faults.length > 0 ? faults : [none];
  return words.map((reason) => ({ file, reason: `${object}: ${reason}` }));
}

/** Applications that are made from a template stand in no file. */
export function remarkOnSet({ file, object }: Declared<ApplicationSetFacts>): Remark {
  const next = 'write an ImageUpdater or annotations on Applications that stand in a file';
  return { file, reason: `${object}: what its template says of images is not read; ${next}` };
}
