import type { Document } from 'yaml';
import { writtenParts } from '../image/reference.ts';
import { atOnce, type Steps } from '../steps.ts';
import { moreFaults, unfollowable } from './fault.ts';
import { type FoundInPart, refused, together } from './found-in-part.ts';
import { MAX_DECLARATIONS, MAX_DOCUMENTS, MAX_FAULTS, MAX_PLACES, MAX_SITES, ManifestLimitError } from './limits.ts';
import { referenceOf } from './marked-image.ts';
import { hasObjects } from './objects.ts';
import { type Part, partsOf } from './part.ts';
import { type PartSource, placeAt } from './part-source.ts';
import { isValuesFile } from './places/values.ts';
import { scanDocument } from './scan-document.ts';
import type { Manifest, MarkedImage, ScannedFile, Site } from './site.ts';

/** Of documents that are read in one step. What people write has one. */
const CHARACTERS_OF_A_STEP = 16 * 1024;

/**
 * Finds the places of a YAML or JSON file that name an image. It never throws: a document that cannot be read, or holds more than it may, is a
 * fault, and the others go on. A document that nowhere says `image` is not parsed, and has no faults.
 *
 * @param file its path, for sites and faults
 */
export function scanFile(file: string, text: string): ScannedFile {
  return atOnce(scanInSteps(file, text));
}

/** The same in small steps, of which the longest makes the nodes of one document. */
export function* scanInSteps(file: string, text: string): Steps<ScannedFile> {
  const parts = partsOf(text);
  if (parts.length > MAX_DOCUMENTS) {
    return refuse(file, parts, new ManifestLimitError(`more than ${MAX_DOCUMENTS} documents`));
  }
  const scans: FoundInPart[] = [];
  let characters = 0;
  for (const part of parts.filter(({ text: own }) => mayName(own) || isValuesFile(file))) {
    characters += part.text.length;
    if (characters > CHARACTERS_OF_A_STEP) {
      characters = 0;
      yield undefined;
    }
    const scan = yield* scanPart({ file, part });
    // Values without an image that cannot be read hold none either.
    scans.push(mayName(part.text) ? scan : { ...scan, faults: [] });
  }
  const { faults, marked, ...found } = together(scans);
  if (countSites({ ...found, marked }) > MAX_SITES) {
    return refuse(file, parts, new ManifestLimitError(`more than ${MAX_SITES} images`));
  }
  if (found.declarations.length > MAX_DECLARATIONS) {
    return refuse(file, parts, new ManifestLimitError(`more than ${MAX_DECLARATIONS} objects that govern images`));
  }
  const more = faults.length - MAX_FAULTS;
  return {
    file,
    documents: parts.length,
    ...found,
    marked: withFewPlaces(marked),
    faults: more > 0 ? [...faults.slice(0, MAX_FAULTS), moreFaults(file, more)] : faults,
  };
}

/** Only what may name an image, or say something of one, is parsed; and files of values by their names. */
function mayName(text: string): boolean {
  return text.includes('image') || hasObjects(text);
}

/** The images of a file; places that may hold one are texts like others, and count by their characters. */
export function countSites({ sites, marked }: Pick<ScannedFile, 'sites' | 'marked'>): number {
  return sites.length + marked.filter(({ place }) => place === undefined).length;
}

function withFewPlaces(marked: readonly MarkedImage[]): readonly MarkedImage[] {
  const places = marked.filter(({ place }) => place !== undefined);
  const left = new Set(places.slice(MAX_PLACES));
  return left.size === 0 ? marked : marked.filter((one) => !left.has(one));
}

function refuse(file: string, parts: readonly Part[], cause: ManifestLimitError): ScannedFile {
  const text = parts.map(({ text: own }) => own).join('');
  return { file, documents: parts.length, ...refused(unfollowable(file, cause), text, file) };
}

/** The same, with the text beside what was found. */
export function readManifest(file: string, text: string): Manifest {
  return atOnce(readInSteps(file, text));
}

/** The same in small steps. */
export function* readInSteps(file: string, text: string): Steps<Manifest> {
  return { text, scanned: yield* scanInSteps(file, text) };
}

/**
 * The site of a container, wherever it stands in the file by now, with what the file itself says of it. Where the file
 * has the same object twice, the one that holds `image` goes first; its name counts where the file does not say it.
 */
export function findSite(
  { sites, marked }: Pick<ScannedFile, 'sites' | 'marked'>,
  key: { readonly object: string; readonly container: string; readonly image?: string },
): Site | undefined {
  const isMeant = (one: Pick<Site, 'object' | 'container'>) =>
    one.object === key.object && one.container === key.container;
  const name = key.image === undefined ? undefined : nameIn(key.image);
  const found = [...sites, ...marked.map((one) => ({ ...one, policy: undefined }))].filter(isMeant).flatMap((one) => {
    const image = 'image' in one ? one.image : referenceOf(one.scalars, name);
    return image === undefined ? [] : [{ ...one, image }];
  });
  return found.find((site) => site.image === key.image) ?? found[0];
}

/** What is no reference has no name: a commit's message may say anything. */
function nameIn(image: string): string | undefined {
  try {
    return writtenParts(image).name;
  } catch {
    return undefined;
  }
}

function* scanPart(source: PartSource): Steps<FoundInPart> {
  const documents: Document[] = [];
  try {
    for (const document of source.part.documents()) {
      if (document === undefined) {
        yield undefined;
      } else {
        documents.push(document);
      }
    }
  } catch (cause) {
    return refused(unfollowable(placeAt(0, source), cause), source.part.text, source.file);
  }
  return together(documents.map((document) => scanDocument(document, source)));
}
