import type { Misfit, Workload } from '../workload.ts';
import { FILTER_PREFIX, PREFIXES } from './flux-v1-fault.ts';
import { KEEL_PREFIX } from './keel.ts';
import { faultIn, SLUICE_UPDATE } from './sluice.ts';

const OURS = [...PREFIXES, FILTER_PREFIX, SLUICE_UPDATE];
const [PREFIX] = PREFIXES;
const AUTOMATED = `${PREFIX}automated`;
const LINE = `${AUTOMATED}: "true"`;

/** https://argocd-image-updater.readthedocs.io/en/release-0.16/configuration/applications/ */
const OF_APPLICATION = 'argocd-image-updater.argoproj.io/';
/** https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources */
const MARKER = '$imagepolicy';

/**
 * Why nothing asks for updates of an image, where something stands beside it that may have been meant so, with what to
 * write; undefined where nothing stands there, for which {@link unautomatedReason} has words.
 *
 * @param comment what stands behind the image on its line
 */
export function whyUnautomated(workload: Workload, comment: string | undefined): string | undefined {
  const { annotations, misfits, elsewhere } = workload;
  const [misfit] = misfits;
  if (misfit !== undefined) {
    return noText(misfit);
  }
  const name = PREFIXES.map((prefix) => `${prefix}automated`).find((one) => annotations[one] !== undefined);
  if (name !== undefined) {
    return `${name} is ${JSON.stringify(annotations[name])}; "true" asks for updates`;
  }
  const fault = faultIn(workload);
  if (fault !== undefined) {
    return fault;
  }
  const beside = Object.keys(annotations).find(isOurs);
  const misplaced = elsewhere.find(({ name: one }) => isOurs(one));
  if (misplaced !== undefined) {
    return `${misplaced.name} stands in ${misplaced.path}, where nothing reads it; move it to metadata.annotations`;
  }
  if (beside !== undefined) {
    return `${beside} is there, but nothing asks for updates; write ${LINE} beside it`;
  }
  return ofKeel(workload) ?? ofAnotherTool(workload, comment);
}

/** The words for an image beside which nothing asks for updates. */
export function unautomatedReason(site: {
  readonly object: string;
  readonly container: string;
  readonly unautomated?: string | undefined;
}): string {
  const lines = `${LINE} and ${PREFIX}tag.${site.container}: <filter>`;
  return (
    site.unautomated ?? `nothing beside it asks for updates; write ${lines} in metadata.annotations of ${site.object}`
  );
}

function noText({ text }: Misfit): string {
  return `the annotation ${text} is no text, so that none of the workload counts; put its value in quotes`;
}

/** A setting of Keel by which it does not ask for updates of this container. */
function ofKeel({ annotations, labels, elsewhere }: Workload): string | undefined {
  const isOfKeel = (name: string) => name.startsWith(KEEL_PREFIX);
  const misplaced = elsewhere.find(({ name, path }) => isOfKeel(name) && path !== 'metadata.labels');
  if (misplaced !== undefined) {
    return `${misplaced.name} stands in ${misplaced.path}, where nothing reads it; move it to metadata.annotations`;
  }
  const found = Object.entries({ ...labels, ...annotations }).filter(([name]) => isOfKeel(name));
  return found.length === 0
    ? undefined
    : `${found.map(([name, value]) => `${name} is ${JSON.stringify(value)}`).join(', ')}, which asks for no update of it`;
}

function ofAnotherTool({ annotations, elsewhere }: Workload, comment = ''): string | undefined {
  const names = [...Object.keys(annotations), ...elsewhere.map(({ name }) => name)];
  if (comment.includes(MARKER)) {
    return `the comment behind it names no policy; write it as # {"${MARKER}": "namespace:name"}`;
  }
  const found = names.find((name) => name.startsWith(OF_APPLICATION));
  return found === undefined
    ? undefined
    : `${found} is of Argo CD Image Updater, which reads it on an Application alone; move it there, or write ${LINE}`;
}

function isOurs(name: string): boolean {
  return OURS.some((prefix) => name.startsWith(prefix));
}
