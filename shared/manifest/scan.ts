import { type Document, type ErrorCode, LineCounter, parseAllDocuments } from 'yaml';
import { messageOf, SluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import { fluxV1 } from './dialects/flux-v1.ts';
import type { ScannedFile, Site } from './site.ts';
import { type Container, type Workload, workloadsOf } from './workload.ts';

const DIALECTS = [fluxV1] as const;

/**
 * Finds the places of a YAML or JSON file that name an image. It never throws: a document that cannot be read is a
 * fault, and the others go on. A file that nowhere says `image` is not parsed.
 *
 * @param file its path, for sites and faults
 */
export function scanFile(file: string, text: string): ScannedFile {
  if (!text.includes('image')) {
    return { file, sites: [], faults: [] };
  }
  const lines = new LineCounter();
  const sites: Site[] = [];
  const faults: SluiceError[] = [];
  for (const document of parse(text, lines)) {
    const [error] = document.errors;
    if (error !== undefined) {
      faults.push(unreadable(file, text, lines.linePos(error.pos[0]).line, error));
      continue;
    }
    for (const workload of safeWorkloads(document, file, faults)) {
      for (const container of workload.containers) {
        const line = lines.linePos(container.image.range?.[0] ?? 0).line;
        try {
          parseReference(container.image.value.trim());
          sites.push(siteOf(file, line, workload, container));
        } catch (cause) {
          faults.push(
            invalid(`${file}:${line}`, `${workload.object} container ${container.name}: ${messageOf(cause)}`, cause),
          );
        }
      }
    }
  }
  return { file, sites, faults };
}

/** The site of a container, wherever it stands in the file by now. */
export function findSite(
  { sites }: ScannedFile,
  { object, container }: { readonly object: string; readonly container: string },
): Site | undefined {
  return sites.find((site) => site.object === object && site.container === container);
}

function parse(text: string, lines: LineCounter): readonly Document[] {
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  return Array.isArray(documents) ? documents : [];
}

/** Aliases that lead nowhere or in circles show only when they are followed. */
function safeWorkloads(document: Document, file: string, faults: SluiceError[]): readonly Workload[] {
  try {
    return workloadsOf(document);
  } catch (cause) {
    faults.push(invalid(file, messageOf(cause), cause));
    return [];
  }
}

function siteOf(file: string, line: number, workload: Workload, { name, path, image }: Container): Site {
  const [start, end] = image.range ?? [0, 0];
  const policy = DIALECTS.map((dialect) => dialect.policyFor(workload, name)).find((found) => found !== undefined);
  return {
    file,
    object: workload.object,
    container: name,
    path,
    image: image.value.trim(),
    range: [start, end],
    line,
    policy,
  };
}

function unreadable(
  file: string,
  text: string,
  line: number,
  error: { readonly code: ErrorCode; readonly message: string },
): SluiceError {
  const [found = ''] = error.message.split('\n', 1);
  const isTemplate = text.includes('{{');
  return invalid(
    `${file}:${line}`,
    isTemplate ? `a template (${found})` : found,
    error,
    isTemplate ? 'Templates are passed over; put the image into a plain manifest.' : 'Its other documents go on.',
  );
}

function invalid(subject: string, found: string, cause: unknown, next?: string): SluiceError {
  return new SluiceError({
    code: 'manifest-invalid',
    subject,
    expected: 'a Kubernetes manifest',
    found,
    ...(next === undefined ? {} : { next }),
    cause,
  });
}
