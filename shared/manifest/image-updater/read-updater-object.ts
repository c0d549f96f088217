import type { LabelSelector } from '../label-selector.ts';
import type { UpdaterObjectFacts, UpdaterRule } from './facts.ts';
import { MAX_IMAGES, parseImage } from './image-list.ts';
import type { ObjectFields } from './object-fields.ts';
import { policyFor } from './policy-line.ts';
import type { ImageEntry, UpdateSettings } from './settings.ts';
import { overWriteBack, type WriteBack } from './write-back.ts';

/**
 * What an `ImageUpdater` says of the Applications of its namespace. Its settings hold for all of its rules, those of a
 * rule for all of its images, and what is nearer to an image goes over what is further, field by field.
 *
 * @see https://github.com/argoproj-labs/argocd-image-updater/blob/master/api/v1alpha1/imageupdater_types.go
 */
export function readUpdaterObject(
  fields: ObjectFields,
  name: string,
  namespace: string | undefined,
): UpdaterObjectFacts {
  const spec = fields.below('spec');
  const settings = settingsOf(spec, {});
  const writeBack = writeBackOf(spec);
  const rules = spec.items('applicationRefs').map((rule) => ruleOf(rule, settings, writeBack));
  // Up to 1.0 it could name another namespace than its own.
  return {
    kind: 'image-updater',
    namespace: spec.text('namespace') ?? namespace,
    name,
    rules,
    faults: [...fields.faults, ...(rules.length === 0 ? ['spec.applicationRefs selects no Application'] : [])],
  };
}

function ruleOf(rule: ObjectFields, settings: UpdateSettings, writeBack: WriteBack): UpdaterRule {
  const own = settingsOf(rule, settings);
  const images = rule.items('images');
  const tooMany =
    images.length > MAX_IMAGES ? `images has ${images.length} of them; expected ${MAX_IMAGES} at most` : undefined;
  return {
    pattern: rule.text('namePattern') ?? '',
    selector: selectorOf(rule),
    usesAnnotations: rule.isOn('useAnnotations'),
    images: images.slice(0, MAX_IMAGES).map((image) => entryOf(image, own, tooMany)),
    writeBack: overWriteBack(writeBack, writeBackOf(rule)),
  };
}

/**
 * @param image an item of `images`; what is wrong with its fields is a fault of the object, and of this image
 * @param refused why it is not updated whatever it says
 */
function entryOf(image: ObjectFields, settings: UpdateSettings, refused: string | undefined): ImageEntry {
  const before = image.faults.length;
  const own = settingsOf(image, settings);
  const alias = image.text('alias');
  const written = image.text('imageName') ?? '';
  const listed = parseImage(alias, written);
  const helm = image.below('manifestTargets', 'helm');
  const entry = {
    alias,
    platforms: own.platforms ?? [],
    forceUpdate: own.forceUpdate === true,
    helm: { spec: helm.text('spec') || undefined, name: helm.text('name'), tag: helm.text('tag') },
    kustomizeName: image.text('manifestTargets', 'kustomize', 'name'),
  };
  const fault = refused ?? image.faults[before];
  if ('fault' in listed) {
    return { ...entry, image: written, policy: { refused: listed.fault } };
  }
  const policy = fault === undefined ? policyFor(listed.constraint, own) : { refused: fault };
  return { ...entry, image: listed.image, policy };
}

function settingsOf(fields: ObjectFields, under: UpdateSettings): UpdateSettings {
  const own = fields.below('commonUpdateSettings');
  return {
    strategy: own.text('updateStrategy') ?? under.strategy,
    allowTags: own.text('allowTags') ?? under.allowTags,
    ignoreTags: own.texts('ignoreTags') ?? under.ignoreTags,
    platforms: own.texts('platforms') ?? under.platforms,
    forceUpdate: own.has('forceUpdate') ? own.isOn('forceUpdate') : under.forceUpdate,
  };
}

function writeBackOf(fields: ObjectFields): WriteBack {
  const config = fields.below('writeBackConfig');
  return {
    method: config.text('method') || undefined,
    target: config.text('gitConfig', 'writeBackTarget') || undefined,
    branch: config.text('gitConfig', 'branch') || undefined,
    repository: config.text('gitConfig', 'repository') || undefined,
  };
}

function selectorOf(rule: ObjectFields): LabelSelector | undefined {
  const selector = rule.below('labelSelectors');
  return rule.has('labelSelectors')
    ? {
        labels: selector.record(['matchLabels']),
        expressions: selector.items('matchExpressions').map((one) => ({
          key: one.text('key') ?? '',
          operator: one.text('operator') ?? '',
          values: one.texts('values') ?? [],
        })),
      }
    : undefined;
}
