import type { Declared } from '../declarations/declared-objects.ts';
import type { Origin, Remark } from '../declarations/dialect.ts';
import type { ApplicationFacts, ApplicationSource, UpdaterObjectFacts, UpdaterRule } from './facts.ts';
import { isSameBranch, isSameRepository } from './same-repository.ts';
import { isInNamespace, type OpenRule, ruleFor } from './select-rule.ts';
import type { ImageEntry } from './settings.ts';
import { type Target, targetOf, type WriteBack } from './write-back.ts';

/**
 * An Application whose images are to be updated, with what says so. Where it names a target nothing else is edited: a
 * workload beside a kustomization often has no tag of its own, or one that does not count.
 */
export interface UpdatedApplication {
  readonly declared: Declared<ApplicationFacts>;
  readonly images: readonly ImageEntry[];
  /** Why none of its images is updated, whatever is said of it. */
  readonly fault: string | undefined;
  readonly target: Target;
  /** Of its manifests, from the root; undefined where they are not in this repository. */
  readonly path: string | undefined;
  /** Why they are not. */
  readonly elsewhere: string | undefined;
  readonly valueFiles: readonly string[];
  /** The files that say all this. */
  readonly declaredIn: readonly string[];
}

/** An Application as it is updated, if it is, and what is worth a word. */
export interface ReadApplication {
  readonly updated: UpdatedApplication | undefined;
  /** The `ImageUpdater` objects that select it. */
  readonly selectedBy: readonly OpenUpdater['declared'][];
  readonly remarks: readonly Remark[];
}

/** Of those that do not count so many are named. */
const MAX_OTHERS = 10;

/** An `ImageUpdater` with its rules in the order in which they count. */
export interface OpenUpdater {
  readonly declared: Declared<UpdaterObjectFacts>;
  readonly rules: readonly OpenRule[];
}

/**
 * What is to be updated of an Application. An `ImageUpdater` that selects it goes over its annotations, all of them, as
 * it does with Argo CD Image Updater from 1.0 on; where it says `useAnnotations`, or none selects it, they count. Of
 * several that select it the first one counts, where the updater lets them overwrite one another.
 *
 * @param updaters in the order in which they count
 */
export function updatedApplication(
  declared: Declared<ApplicationFacts>,
  updaters: readonly OpenUpdater[],
  origin: Origin | undefined,
): ReadApplication {
  const { facts } = declared;
  const selecting = updaters.flatMap(({ declared: updater, rules }) => {
    const rule = isInNamespace(facts, updater.facts) ? ruleFor(facts, rules) : undefined;
    return rule === undefined ? [] : [{ updater, rule }];
  });
  const [by, ...others] = selecting;
  const said = saidOf(declared, by);
  const words = [
    ...(said?.words ?? []),
    ...others
      .slice(0, MAX_OTHERS)
      .map(({ updater }) => `${updater.object} selects it too, and does not count beside ${by?.updater.object}`),
  ];
  const remarks = words.map((reason) => ({ file: declared.file, reason: `${declared.object}: ${reason}` }));
  return {
    updated: said && { ...said.asked, ...placeOf(facts, said.writeBack, origin), declared },
    selectedBy: selecting.map(({ updater }) => updater),
    remarks,
  };
}

interface Said {
  readonly asked: Pick<UpdatedApplication, 'images' | 'declaredIn'> & { readonly fault: string | undefined };
  readonly writeBack: WriteBack;
  readonly words: readonly string[];
}

function saidOf(
  { facts, file }: Declared<ApplicationFacts>,
  by: { readonly updater: OpenUpdater['declared']; readonly rule: UpdaterRule } | undefined,
): Said | undefined {
  const { annotated, writeBack } = facts;
  const declaredIn = [...new Set([file, ...(by === undefined ? [] : [by.updater.file])])];
  const [fault] = by?.updater.facts.faults ?? [];
  const objectFault = fault === undefined ? undefined : `${by?.updater.object}: ${fault}`;
  if (by !== undefined && !by.rule.usesAnnotations) {
    const words = annotated === undefined ? [] : [`its annotations do not count, for ${by.updater.object} selects it`];
    return { asked: { images: by.rule.images, declaredIn, fault: objectFault }, writeBack: by.rule.writeBack, words };
  }
  if (annotated === undefined) {
    return by === undefined
      ? undefined
      : {
          asked: { images: [], declaredIn, fault: objectFault },
          writeBack,
          words: [`${by.updater.object} uses its annotations, and it has no image-list`],
        };
  }
  return { asked: { images: annotated.images, declaredIn, fault: objectFault }, writeBack, words: annotated.faults };
}

type Place = Pick<UpdatedApplication, 'target' | 'path' | 'elsewhere' | 'valueFiles'> & { readonly fault?: string };

function placeOf({ sources }: ApplicationFacts, writeBack: WriteBack, origin: Origin | undefined): Place {
  const source = mainSource(sources);
  const target = targetOf(writeBack, source?.path ?? '');
  const elsewhere = elsewhereOf(source, writeBack, origin);
  const where = {
    path: elsewhere === undefined ? source?.path : undefined,
    elsewhere,
    valueFiles: sources.flatMap((one) => valueFilesOf(one, sources, origin)),
  };
  return 'fault' in target ? { ...where, target: { kind: 'anywhere' }, fault: target.fault } : { ...where, target };
}

/** The files of values that stand in the files that were read. */
function valueFilesOf(
  source: ApplicationSource,
  sources: readonly ApplicationSource[],
  origin: Origin | undefined,
): readonly string[] {
  return source.valueFiles.flatMap(({ file, ref }) => {
    const from = ref === undefined ? source : sources.find((one) => one.ref === ref);
    const isHere =
      from?.repository !== undefined &&
      (origin === undefined ||
        (isSameRepository(from.repository, origin) && isSameBranch(from.revision ?? '', origin)));
    return isHere ? [file] : [];
  });
}

/** The one that is updated: the first of a tool, else the first with a path. */
function mainSource(sources: readonly ApplicationSource[]): ApplicationSource | undefined {
  const inGit = sources.filter(({ path }) => path !== undefined);
  return inGit.find(({ isOfTool }) => isOfTool) ?? inGit[0] ?? sources[0];
}

/** Why what is updated does not stand in the files that were read; undefined where it does, or nobody can tell. */
function elsewhereOf(
  source: ApplicationSource | undefined,
  writeBack: WriteBack,
  origin: Origin | undefined,
): string | undefined {
  const repository = writeBack.repository ?? source?.repository;
  if (repository === undefined || (source?.path === undefined && writeBack.repository === undefined)) {
    return 'it has no path in a Git repository';
  }
  if (origin === undefined) {
    return undefined;
  }
  if (!isSameRepository(repository, origin)) {
    return `its files are in another repository, ${repository}`;
  }
  const [base = ''] = (writeBack.branch ?? '').split(':');
  // A chart's revision is a version of it.
  const branch = base === '' && source?.path !== undefined ? (source.revision ?? '') : base;
  return isSameBranch(branch, origin) ? undefined : `its files are on another branch, ${branch}`;
}
