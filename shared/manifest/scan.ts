import type { Document, Node } from 'yaml';
import type { SluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import { atOnce, type Steps } from '../steps.ts';
import { policyBeside } from './dialects/dialects.ts';
import { whyUnautomated } from './dialects/unautomated.ts';
import { badAnnotation, badImage, moreFaults, nameless, unfollowable, unreadable } from './fault.ts';
import { MAX_DOCUMENTS, MAX_FAULTS, MAX_SITES, ManifestLimitError } from './limits.ts';
import { type Part, partsOf } from './part.ts';
import type { Manifest, ScannedFile, Site } from './site.ts';
import { Tree } from './tree.ts';
import { type Container, isText, type Workload, workloadsOf } from './workload.ts';

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
  const scans: Scan[] = [];
  let characters = 0;
  for (const part of parts.filter(({ text: own }) => own.includes('image'))) {
    characters += part.text.length;
    if (characters > CHARACTERS_OF_A_STEP) {
      characters = 0;
      yield undefined;
    }
    scans.push(yield* scanPart({ file, part }));
  }
  const { sites, faults } = together(scans);
  if (sites.length > MAX_SITES) {
    return refuse(file, parts, new ManifestLimitError(`more than ${MAX_SITES} images`));
  }
  const more = faults.length - MAX_FAULTS;
  return {
    file,
    documents: parts.length,
    sites: holdSharers(sites),
    faults: more > 0 ? [...faults.slice(0, MAX_FAULTS), moreFaults(file, more)] : faults,
  };
}

function refuse(file: string, { length: documents }: readonly Part[], cause: ManifestLimitError): ScannedFile {
  return { file, documents, sites: [], faults: [unfollowable(file, cause)] };
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
 * The site of a container, wherever it stands in the file by now. Where the file has the same object twice, the one
 * that holds `image` goes first.
 */
export function findSite(
  { sites }: ScannedFile,
  key: { readonly object: string; readonly container: string; readonly image?: string },
): Site | undefined {
  const found = sites.filter((site) => site.object === key.object && site.container === key.container);
  return found.find((site) => site.image === key.image) ?? found[0];
}

interface Source {
  readonly file: string;
  readonly part: Part;
}

interface Scan {
  readonly sites: readonly Site[];
  readonly faults: readonly SluiceError[];
}

function* scanPart(source: Source): Steps<Scan> {
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
    return { sites: [], faults: [unfollowable(placeAt(0, source), cause)] };
  }
  return together(documents.map((document) => scanDocument(document, source)));
}

function scanDocument(document: Document, source: Source): Scan {
  const [error] = document.errors;
  if (error !== undefined) {
    return { sites: [], faults: [unreadable(placeAt(error.pos[0], source), source.part.text, error)] };
  }
  try {
    return together(workloadsOf(new Tree(document)).map((workload) => scanWorkload(workload, source)));
  } catch (cause) {
    return { sites: [], faults: [unfollowable(placeOf(document.contents, source), cause)] };
  }
}

function scanWorkload(workload: Workload, source: Source): Scan {
  const faults = workload.misfits.map(({ text, node }) =>
    badAnnotation(`${placeOf(node, source)} ${workload.object}`, text),
  );
  const containers = workload.containers.map((container) => scanContainer(container, workload, source));
  return together([{ sites: [], faults }, ...containers]);
}

function scanContainer({ name, path, image }: Container, workload: Workload, source: Source): Scan {
  const place = `${placeOf(image, source)} ${workload.object}`;
  if (name === undefined || name === '') {
    return { sites: [], faults: [nameless(`${place} ${path}`)] };
  }
  const [start, end] = rangeOf(image);
  if (!isText(image)) {
    return { sites: [], faults: [badImage(`${place} container ${name}`, source.part.text.slice(start, end).trim())] };
  }
  const written = image.value.trim();
  const policy = policyBeside(workload, name);
  try {
    parseReference(written);
  } catch (cause) {
    return { sites: [], faults: [badImage(`${place} container ${name}`, JSON.stringify(written), cause)] };
  }
  return {
    sites: [
      {
        file: source.file,
        object: workload.object,
        container: name,
        path,
        image: written,
        range: [source.part.offsetAt(start), source.part.offsetAt(end)],
        line: source.part.lineAt(start),
        policy,
        ...(policy === undefined && { unautomated: whyUnautomated(workload, image.comment ?? undefined) }),
      },
    ],
    faults: [],
  };
}

/** Aliases give several sites one scalar: where one of them is held back, all are. */
function holdSharers(sites: readonly Site[]): readonly Site[] {
  const holders = new Map(
    sites.filter(({ policy }) => policy?.held !== undefined).map((site) => [site.range[0], site]),
  );
  return sites.map((site) => {
    const holder = holders.get(site.range[0]);
    return site.policy === undefined || site.policy.held !== undefined || holder === undefined
      ? site
      : { ...site, policy: { ...site.policy, held: `shares the image of ${holder.object}, ${holder.policy?.held}` } };
  });
}

function together(scans: readonly Scan[]): Scan {
  return { sites: scans.flatMap(({ sites }) => sites), faults: scans.flatMap(({ faults }) => faults) };
}

function rangeOf(node: Node | null): readonly [start: number, end: number] {
  const [start, end] = node?.range ?? [0, 0];
  return [start, end];
}

function placeOf(node: Node | null, source: Source): string {
  return placeAt(rangeOf(node)[0], source);
}

/** `k8s/deploy.yml:12` */
function placeAt(offset: number, { file, part }: Source): string {
  return `${file}:${part.lineAt(offset)}`;
}
