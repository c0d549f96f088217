import { open, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import { KUSTOMIZATION_FILES, locate } from './layout.ts';
import { isLfsPointer, LFS_REASON } from './lfs.ts';
import type { RenderFailure } from './rendered.ts';
import type { Tools } from './tools.ts';
import { yamlPath } from './yaml-path.ts';

/** A kustomization, and what it is made of. */
export interface Kustomization {
  /** Folder of the repository. */
  readonly folder: string;
  /** `k8s/kustomization.yaml` */
  readonly file: string;
  /** A component changes what others have, and is nothing by itself. */
  readonly isComponent: boolean;
  /** Other folders with a kustomization that this one is made of, however far away. */
  readonly parts: readonly string[];
  /** Why it must not be built. */
  readonly failures: readonly RenderFailure[];
}

/** What a kustomization names, by its path in the file: what is built with it, and what is only read. */
const BUILT = /^(resources|bases|components|generators|transformers|validators)\.\d+$/;
const READ = new RegExp(
  [
    String.raw`^(crds|configurations|patchesStrategicMerge)\.\d+$`,
    String.raw`^(patches|patchesJson6902|replacements)\.\d+\.path$`,
    String.raw`^openapi\.path$`,
    String.raw`^(configMap|secret)Generator\.\d+\.((files|envs)\.\d+|env)$`,
  ].join('|'),
);
/** Enough to know a pointer of Git LFS by. */
const HEAD_BYTES = 64;
const REMOTE = /^([a-z][a-z0-9+.-]*:\/\/|git@)/i;

interface Mention {
  readonly field: string;
  readonly path: string;
  readonly isBuilt: boolean;
  readonly place: string;
}

/** Reads a kustomization and those that it is made of, and looks whether all of it is in the repository. */
export async function openKustomization(root: string, folder: string): Promise<Kustomization> {
  const parts = new Set<string>();
  const failures: RenderFailure[] = [];
  const visitFolder = async (from: string) => {
    const found = await findFile(root, from);
    if (typeof found !== 'string') {
      failures.push(found);
      return { file: found.subject, document: undefined };
    }
    const file = join(from, found);
    const lines = new LineCounter();
    const text = await readFile(join(root, file), 'utf8');
    const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
    const placeAt = (offset: number) => `${file}:${lines.linePos(offset).line}`;
    failures.push(
      ...document.errors.map(({ pos, message }) => ({
        subject: placeAt(pos[0]),
        reason: message.split('\n', 1)[0] ?? '',
      })),
    );
    for (const mention of mentionsOf(document, placeAt)) {
      const part = await partOf(root, from, mention);
      if (typeof part === 'object') {
        failures.push(part);
      } else if (part !== undefined && part !== folder && !parts.has(part)) {
        parts.add(part);
        await visitFolder(part);
      }
    }
    return { file, document };
  };
  const { file, document } = await visitFolder(folder);
  return { folder, file, isComponent: document?.get('kind') === 'Component', parts: [...parts], failures };
}

/** Builds a kustomization that has no failures. @throws SluiceError `render-failed` */
export async function buildKustomization(root: string, { folder }: Kustomization, tools: Tools): Promise<string> {
  // kubectl has kustomize in it.
  const verb = basename(tools.command('kustomize')).startsWith('kubectl') ? 'kustomize' : 'build';
  const commandLine = [verb, '--load-restrictor', 'LoadRestrictionsRootOnly', '--', `./${folder}`];
  return tools.run('kustomize', { arguments: commandLine, directory: root });
}

async function findFile(root: string, folder: string): Promise<string | RenderFailure> {
  for (const name of KUSTOMIZATION_FILES) {
    const target = await locate(root, join(folder, name));
    if (target.kind === 'outside') {
      return { subject: join(folder, name), reason: 'it leads out of the repository' };
    }
    if (target.kind === 'inside' && !target.isFolder) {
      return name;
    }
  }
  return { subject: folder, reason: `expected one of ${KUSTOMIZATION_FILES.join(', ')}, found none` };
}

function mentionsOf(document: Document, placeAt: (offset: number) => string): readonly Mention[] {
  const mentions: Mention[] = [];
  visit(document, {
    Scalar(key, { value, range }, ancestors) {
      const field = yamlPath(key, ancestors);
      const isBuilt = BUILT.test(field);
      // Text of several lines is what the file would hold.
      if (key !== 'key' && typeof value === 'string' && !value.includes('\n') && (isBuilt || READ.test(field))) {
        // A generator's file may be `key=file`.
        const path = /Generator/.test(field) ? value.slice(value.indexOf('=') + 1) : value;
        mentions.push({ field: field.split('.', 1)[0] ?? '', path, isBuilt, place: placeAt(range?.[0] ?? 0) });
      }
    },
  });
  return mentions;
}

/** The first bytes of a file. */
async function headOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The folder that is meant, from the root; undefined for a file. */
async function partOf(
  root: string,
  from: string,
  { field, path, isBuilt, place }: Mention,
): Promise<string | undefined | RenderFailure> {
  const isRemote = REMOTE.test(path);
  const target = isRemote ? ({ kind: 'nowhere' } as const) : await locate(root, join(from, path));
  if (target.kind === 'inside') {
    if (!target.isFolder && isLfsPointer(await headOf(target.path))) {
      return { subject: place, reason: `${field} names ${path}: ${LFS_REASON}` };
    }
    return target.isFolder ? relative(root, target.path) || '.' : undefined;
  }
  if (target.kind === 'outside') {
    return { subject: place, reason: `${field} names ${path}, which leads out of the repository` };
  }
  // What is only read is missed by kustomize itself, in its own words.
  return isBuilt || isRemote
    ? {
        subject: place,
        reason: `${field} names ${path}, which is not in the repository, and nothing is fetched: put a copy of it there`,
      }
    : undefined;
}
