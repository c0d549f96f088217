import { type AnnotatedImages, annotatedImages } from './annotated-images.ts';
import { PREFIX } from './annotation-names.ts';
import type { ApplicationFacts, ApplicationSource, ValueFile } from './facts.ts';
import type { ObjectFields } from './object-fields.ts';
import { joinPath } from './repository-path.ts';
import { annotatedWriteBack } from './write-back.ts';

/**
 * What an `Application` of Argo CD says of where its manifests are, and in annotations of its images.
 *
 * @see https://github.com/argoproj/argo-cd/blob/master/pkg/apis/application/v1alpha1/types.go
 */
export function readApplication(fields: ObjectFields, name: string, namespace: string | undefined): ApplicationFacts {
  const annotations = fields.record(['metadata', 'annotations'], PREFIX);
  const sources = fields.has('spec', 'sources') ? fields.items('spec', 'sources') : [fields.below('spec', 'source')];
  return {
    kind: 'argo-application',
    namespace,
    name,
    labels: fields.record(['metadata', 'labels']),
    sources: sources.map(sourceOf),
    annotated: withFaults(annotatedImages(annotations), fields.faults),
    writeBack: annotatedWriteBack(annotations),
  };
}

/** What of the Application cannot be read may say something of any of its images. */
function withFaults(found: AnnotatedImages | undefined, faults: readonly string[]): AnnotatedImages | undefined {
  const [first] = faults;
  return found === undefined || first === undefined
    ? found
    : {
        images: found.images.map((image) => ({ ...image, policy: { refused: first } })),
        faults: [...found.faults, ...faults],
      };
}

function sourceOf(fields: ObjectFields): ApplicationSource {
  const ref = fields.text('ref');
  const written = fields.text('path');
  const hasNone = fields.has('chart') || (ref !== undefined && written === undefined);
  const path = hasNone ? undefined : joinPath('', written ?? '');
  return {
    repository: fields.text('repoURL'),
    path,
    revision: fields.text('targetRevision'),
    isOfTool: fields.has('helm') || fields.has('kustomize'),
    ref,
    valueFiles: (fields.texts('helm', 'valueFiles') ?? []).flatMap((file) => valueFileOf(file, path) ?? []),
    hasTextOfValues: fields.has('helm', 'values'),
  };
}

/** `$values/apps/web.yaml`, from the root of the source that has this name. */
const OF_SOURCE = /^\$(?<ref>[^/]+)\/(?<file>.+)$/;

function valueFileOf(written: string, path: string | undefined): ValueFile | undefined {
  const { ref, file: named } = OF_SOURCE.exec(written)?.groups ?? {};
  const folder = ref === undefined ? path : '';
  const file = folder === undefined ? undefined : joinPath(folder, named ?? written);
  return file === undefined ? undefined : { file, ref };
}
