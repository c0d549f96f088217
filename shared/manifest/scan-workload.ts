import { isScalar, type Node } from 'yaml';
import type { SluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import { asksForDigest } from '../policy/parse.ts';
import type { Container, ImageRest } from './container.ts';
import { holdBeside, policyBeside } from './dialects/dialects.ts';
import { SLUICE_FREEZE } from './dialects/sluice.ts';
import { whyUnautomated } from './dialects/unautomated.ts';
import { badAnnotation, badImage, misplacedMarker, nameless, unmapped } from './fault.ts';
import { type FoundInPart, NOTHING, together } from './found-in-part.ts';
import { holdsDigest } from './marked-image.ts';
import type { MarkedScalar } from './marker.ts';
import { isText } from './object-nodes.ts';
import { type PartSource, placeOf, rangeOf } from './part-source.ts';
import type { ImagePart, Site } from './site.ts';
import type { Workload } from './workload.ts';

/** Marked scalars by their nodes. */
export type Markers = ReadonlyMap<Node, MarkedScalar>;

/** The images of a workload, with what stands beside each. */
export function scanWorkload(workload: Workload, source: PartSource, markers: Markers): FoundInPart {
  const faults = [
    ...workload.misfits.map(({ text, node }) => badAnnotation(`${placeOf(node, source)} ${workload.object}`, text)),
    ...workload.unmapped.map(({ text, node }) => unmapped(`${placeOf(node, source)} ${workload.object}`, text)),
  ];
  const containers = workload.containers.map((container) => scanContainer(container, workload, source, markers));
  return together([{ ...NOTHING, faults }, ...containers]);
}

function scanContainer(
  { name, path, image, rest }: Container,
  workload: Workload,
  source: PartSource,
  markers: Markers,
): FoundInPart {
  const place = `${placeOf(image, source)} ${workload.object}`;
  const fault = (error: SluiceError): FoundInPart => ({ ...NOTHING, faults: [error] });
  if (name === undefined || name === '') {
    return fault(nameless(`${place} ${path}`));
  }
  const [start, end] = rangeOf(image);
  const text = isText(image) ? image.value.trim() : numberIn(image, rest);
  if (text === undefined) {
    return fault(badImage(`${place} container ${name}`, source.part.text.slice(start, end).trim()));
  }
  const written = wholeImage(text, rest);
  const part = rest?.part ?? 'whole';
  const marked = markers.get(image);
  try {
    parseReference(written);
  } catch (cause) {
    return fault(badImage(`${place} container ${name}`, JSON.stringify(written), cause));
  }
  const range = [source.part.offsetAt(start), source.part.offsetAt(end)] as const;
  const before = part === 'whole' ? rest?.before : undefined;
  const site: Site = {
    file: source.file,
    object: workload.object,
    container: name,
    path,
    image: written,
    range,
    scalars: rest && [{ part, text, range, before }],
    line: source.part.lineAt(start),
    ...policyOf(workload, name, image.comment ?? undefined, part),
    freeze: workload.annotations[SLUICE_FREEZE],
    marker: marked?.part === part ? marked.marker : undefined,
  };
  const isMisplaced = marked !== undefined && marked.part !== part;
  const faults = isMisplaced ? [misplacedMarker(`${place} container ${name}`, marked.part)] : [];
  return { ...NOTHING, sites: [site], faults };
}

/** A tag that YAML reads as a number, as it is written. */
function numberIn(node: Node, rest: ImageRest | undefined): string | undefined {
  return rest?.part === 'tag' && isScalar(node) ? node.source : undefined;
}

function wholeImage(text: string, rest: ImageRest | undefined): string {
  if (rest?.part !== 'tag') {
    return `${rest?.before ?? ''}${text}`;
  }
  return text === '' ? rest.before : `${rest.before}:${text}`;
}

function policyOf(
  workload: Workload,
  container: string,
  comment: string | undefined,
  part: ImagePart,
): Pick<Site, 'policy' | 'unautomated' | 'holdBeside'> {
  const policy = policyBeside(workload, container);
  if (policy === undefined) {
    return { policy, unautomated: whyUnautomated(workload, comment), holdBeside: holdBeside(workload) };
  }
  const isPinned = !holdsDigest([part]) && asksForDigest(policy.text);
  return { policy: isPinned ? { ...policy, held: policy.held ?? NO_PLACE } : policy };
}

const NO_PLACE = 'its policy asks for a digest, and what stands there is a tag alone';
