import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../shared/errors.ts';
import { decodeText } from '../../../shared/yaml/text.ts';
import { adviceOn } from './budget.ts';
import type { Discovered } from './discover.ts';
import { buildKustomization, type Kustomization, openKustomization } from './kustomization.ts';
import { secretsOfKustomization } from './kustomization-secrets.ts';
import type { ManifestText } from './manifests.ts';
import type { RenderFailure } from './rendered-object.ts';
import type { Tools } from './tools.ts';

/** What gave no text, and what of it is secret all the same. */
export interface TextFaults {
  readonly failures: RenderFailure[];
  readonly secrets: (readonly string[])[];
}

/** What gives the work; a failure of it is noted, with what it is of. */
export async function attempt<T>(
  subject: string,
  { failures }: Pick<TextFaults, 'failures'>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    failures.push({ subject, reason: messageOf(error) });
    return undefined;
  }
}

/** Opens the kustomizations of a source. */
export async function openKustomizations(
  root: string,
  { kustomizations, ignored }: Discovered,
): Promise<readonly Kustomization[]> {
  const opened: Kustomization[] = [];
  for (const folder of kustomizations) {
    opened.push(await openKustomization(root, folder, ignored));
  }
  return opened;
}

/** Reads the plain files, and builds the kustomizations. */
export async function* fileTexts(
  root: string,
  files: readonly string[],
  kustomizations: readonly Kustomization[],
  { tools, maxFileBytes }: { readonly tools: Tools; readonly maxFileBytes?: number | undefined },
  faults: TextFaults,
): AsyncGenerator<ManifestText> {
  // A patch is no object, and a resource comes with the kustomization that names it.
  const taken = new Set(kustomizations.flatMap((one) => one.files));
  for (const file of files.filter((one) => !taken.has(one))) {
    const text = await attempt(file, faults, async () => decodeText(readWithin(join(root, file), maxFileBytes)));
    if (text !== undefined) {
      const format = file.toLowerCase().endsWith('.json') ? 'json' : 'yaml';
      yield { subject: file, text, format, isRendered: false, placeOf: (line) => `${file}:${line}` };
    }
  }
  faults.failures.push(...wholes(kustomizations).flatMap((one) => one.failures));
  for (const kustomization of wholes(kustomizations).filter((one) => one.failures.length === 0)) {
    const { file } = kustomization;
    const text = await attempt(file, faults, async () => buildKustomization(root, kustomization, tools));
    if (text !== undefined) {
      yield { subject: file, text, format: 'yaml', isRendered: true, placeOf: () => file };
    } else {
      faults.secrets.push(await secretsOfKustomization(root, kustomization));
    }
  }
}

/** Waits for the file: whoever renders has nothing else to do, and other threads would take longer. */
function readWithin(path: string, maxBytes = Number.POSITIVE_INFINITY): Buffer {
  const { size } = statSync(path);
  if (size > maxBytes) {
    throw new Error(`expected at most ${maxBytes} bytes, found ${size}. ${adviceOn('maxSize')}`);
  }
  return readFileSync(path);
}

/**
 * Those that are applied by themselves: a base comes with the kustomization that is made of it. Of a circle none is a
 * base, and kustomize says what is wrong.
 */
function wholes(kustomizations: readonly Kustomization[]): readonly Kustomization[] {
  const isBase = (one: Kustomization) =>
    kustomizations.some((other) => other.parts.includes(one.folder) && !one.parts.includes(other.folder));
  return kustomizations.filter((one) => !one.isComponent && !isBase(one));
}
