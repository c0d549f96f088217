import { type AnnotatedImages, annotatedImages } from './annotated-images.ts';
import { PREFIX } from './annotation-names.ts';
import type { ApplicationFacts, ApplicationSource } from './facts.ts';
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

/** A file of values that another source brings: `$values/apps/web.yaml`, from the root of that one. */
const OF_SOURCE = /^\$[^/]+\//;

function sourceOf(fields: ObjectFields): ApplicationSource {
  const path = fields.has('chart') ? undefined : joinPath('', fields.text('path') ?? '');
  const valueFiles = fields.texts('helm', 'valueFiles') ?? [];
  return {
    repository: fields.text('repoURL'),
    path,
    revision: fields.text('targetRevision'),
    isOfTool: fields.has('helm') || fields.has('kustomize'),
    valueFiles: valueFiles.flatMap((file) => {
      const from = OF_SOURCE.test(file) ? '' : path;
      return from === undefined ? [] : (joinPath(from, file.replace(OF_SOURCE, '')) ?? []);
    }),
  };
}
