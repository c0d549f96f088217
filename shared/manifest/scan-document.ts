import type { Document, Node } from 'yaml';
import type { ManifestObject } from './declarations/dialect.ts';
import { unfollowable, unreadable } from './fault.ts';
import { type FoundInPart, NOTHING, refused, together } from './found-in-part.ts';
import { markedImages } from './marked-image.ts';
import { hasMarkers, type MarkedScalar, markersIn } from './marker.ts';
import { objectHold } from './object-hold.ts';
import { declarationsOf, hasObjects, manifestObjects } from './objects.ts';
import { lineOf, type PartSource, placeAt, placeOf, rangeOf } from './part-source.ts';
import { placesIn } from './places/places.ts';
import { scanWorkload } from './scan-workload.ts';
import type { MarkedImage, ObjectHold } from './site.ts';
import { Tree } from './tree.ts';
import { workloadsOf } from './workload.ts';

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
