import { type Document, isScalar, type Node } from 'yaml';
import type { SluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import { asksForDigest } from '../policy/parse.ts';
import type { Container, ImageRest } from './container.ts';
import type { ManifestObject } from './declarations/dialect.ts';
import { holdBeside, policyBeside } from './dialects/dialects.ts';
import { SLUICE_FREEZE } from './dialects/sluice.ts';
import { whyUnautomated } from './dialects/unautomated.ts';
import { badAnnotation, badImage, misplacedMarker, nameless, unfollowable, unmapped, unreadable } from './fault.ts';
import { holdsDigest, markedImages } from './marked-image.ts';
import { hasMarkers, type MarkedScalar, markersIn } from './marker.ts';
import { objectHold } from './object-hold.ts';
import { isText } from './object-nodes.ts';
import { declarationsOf, dialectsIn, hasObjects, manifestObjects } from './objects.ts';
import type { Part } from './part.ts';
import { placesIn } from './places/places.ts';
import type { FileFacts, ImagePart, MarkedImage, ObjectHold, Site } from './site.ts';
import { Tree } from './tree.ts';
import { type Workload, workloadsOf } from './workload.ts';

/** A stretch of a file. */
export interface PartSource {
  readonly file: string;
  readonly part: Part;
}

/** What was found in a stretch of a file. */
export interface FoundInPart extends Omit<FileFacts, 'file'> {
  readonly faults: readonly SluiceError[];
}

const NOTHING: FoundInPart = { sites: [], marked: [], declarations: [], unread: [], faults: [] };

/** Where charts have what helm makes manifests of. https://helm.sh/docs/topics/charts/#the-chart-file-structure */
const CHART_TEMPLATES = /(?:^|\/)templates\//;

/**
 * A fault in the place of all that a text says; what it may declare is not gone. The template of a chart declares nothing
 * before it is rendered.
 */
export function refused(fault: SluiceError, text: string, file: string): FoundInPart {
  const isTemplate = CHART_TEMPLATES.test(file) && text.includes('{{');
  const dialects = isTemplate ? [] : dialectsIn(text);
  return {
    ...NOTHING,
    faults: [fault],
    unread: dialects.length === 0 ? [] : [{ dialects, reason: fault.message }],
  };
}

export function together(found: readonly FoundInPart[]): FoundInPart {
  return {
    sites: found.flatMap(({ sites }) => sites),
    marked: found.flatMap(({ marked }) => marked),
    declarations: found.flatMap(({ declarations }) => declarations),
    unread: found.flatMap(({ unread }) => unread),
    faults: found.flatMap(({ faults }) => faults),
  };
}

/** What a document says; a fault where it cannot be read. */
export function scanDocument(document: Document, source: PartSource): FoundInPart {
  const { text } = source.part;
  const [error] = document.errors;
  if (error !== undefined) {
    return refused(unreadable(placeAt(error.pos[0], source), text, error), text, source.file);
  }
  try {
    const tree = new Tree(document);
    const markers = hasMarkers(text) ? markersIn(document.contents, source.part) : [];
    const byNode = new Map<Node, MarkedScalar>(markers.map((one) => [one.node, one]));
    const workloads = workloadsOf(tree);
    const images = new Set(workloads.flatMap(({ containers }) => containers.map(({ image }) => image)));
    const others = markers.filter(({ node }) => !images.has(node));
    const objects = others.length > 0 || hasObjects(text) ? manifestObjects(source.file, tree) : [];
    const marked = markedImages(others, { ...source, holdOf: holdsIn(objects) });
    return together([
      ...workloads.map((workload) => scanWorkload(workload, source, byNode)),
      { ...NOTHING, marked: [...marked, ...placesBeside(marked, placesIn(tree, objects, source))] },
      { ...NOTHING, declarations: objects.flatMap((one) => declarationsOf(one, lineOf(one.node, source))) },
    ]);
  } catch (cause) {
    return refused(unfollowable(placeOf(document.contents, source), cause), text, source.file);
  }
}

/** The places of which no marker says what they hold. */
function placesBeside(marked: readonly MarkedImage[], places: readonly MarkedImage[]): readonly MarkedImage[] {
  const taken = new Set(marked.flatMap(({ scalars }) => scalars.map(({ range }) => range[0])));
  return places.filter(({ scalars }) => !scalars.some(({ range }) => taken.has(range[0])));
}

/** Tells what holds the images in the object that a scalar stands in; each object is looked at once. */
function holdsIn(objects: readonly ManifestObject[]): (scalar: MarkedScalar) => ObjectHold {
  const known = new Map<ManifestObject | undefined, ObjectHold>();
  return ({ node }) => {
    const at = rangeOf(node)[0];
    const holder = objects.find((one) => {
      const [start, , end] = one.node.range ?? [0, 0, 0];
      return start <= at && at < end;
    });
    const hold = known.get(holder) ?? objectHold(holder);
    known.set(holder, hold);
    return hold;
  };
}

type Markers = ReadonlyMap<Node, MarkedScalar>;

function scanWorkload(workload: Workload, source: PartSource, markers: Markers): FoundInPart {
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

function rangeOf(node: Node | null): readonly [start: number, end: number] {
  const [start, end] = node?.range ?? [0, 0];
  return [start, end];
}

function lineOf(node: Node, { part }: PartSource): number {
  return part.lineAt(rangeOf(node)[0]);
}

function placeOf(node: Node | null, source: PartSource): string {
  return placeAt(rangeOf(node)[0], source);
}

/** `k8s/deploy.yml:12` */
export function placeAt(offset: number, { file, part }: PartSource): string {
  return `${file}:${part.lineAt(offset)}`;
}
