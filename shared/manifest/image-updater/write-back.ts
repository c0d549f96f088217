import { didYouMean } from '../../near-miss.ts';
import { PREFIX } from './annotation-names.ts';
import { joinPath } from './repository-path.ts';

/** Where and how updates of an Application are written, as it is said; undefined where nothing is. */
export interface WriteBack {
  /** `argocd`, `git`, `git:secret:argocd/creds` */
  readonly method: string | undefined;
  /** `kustomization:../base`, `helmvalues:/apps/web/values.yaml` */
  readonly target: string | undefined;
  /** `main`, `main:updates` */
  readonly branch: string | undefined;
  readonly repository: string | undefined;
}

/** What is to be edited. */
export type Target =
  | { readonly kind: 'kustomization'; readonly folder: string }
  | { readonly kind: 'helmvalues'; readonly file: string }
  /** The Application itself, and what its path holds. */
  | { readonly kind: 'anywhere' };

export const NO_WRITE_BACK: WriteBack = {
  method: undefined,
  target: undefined,
  branch: undefined,
  repository: undefined,
};

export function annotatedWriteBack(annotations: Readonly<Record<string, string>>): WriteBack {
  const read = (name: string) => annotations[`${PREFIX}${name}`]?.trim() || undefined;
  return {
    method: read('write-back-method'),
    target: read('write-back-target'),
    branch: read('git-branch'),
    repository: read('git-repository'),
  };
}

/** What is said nearer to the Application goes over what is said of more of them, part by part. */
export function overWriteBack(under: WriteBack, over: WriteBack): WriteBack {
  return {
    method: over.method ?? under.method,
    target: over.target ?? under.target,
    branch: over.branch ?? under.branch,
    repository: over.repository ?? under.repository,
  };
}

const METHOD = /^(?:argocd|git(?::.+)?)$/;
const KUSTOMIZATION = 'kustomization';
const HELM_VALUES = 'helmvalues';
/** Where no file is named. */
const VALUES_FILE = 'values.yaml';

/**
 * Where updates go; or what is wrong with what is said of it. The updater's own default, parameters of the Application
 * in the cluster, has no file: there what the Application's files say already is edited, as it is for Git without a
 * target.
 *
 * @param path of the Application's source
 * @see https://argocd-image-updater.readthedocs.io/en/stable/basics/update-methods/#method-git-target
 */
export function targetOf({ method, target }: WriteBack, path: string): Target | { readonly fault: string } {
  if (method !== undefined && !METHOD.test(method)) {
    const hint = didYouMean(method, ['git', 'argocd']);
    return { fault: `the write-back method is ${JSON.stringify(method)}; expected git or argocd${hint}` };
  }
  if (target === undefined || method === undefined || method === 'argocd') {
    return { kind: 'anywhere' };
  }
  const [, kind = '', place = ''] = /^([^:]*)(?::(.*))?$/s.exec(target) ?? [];
  const at = joinPath(path, place === '' && kind === HELM_VALUES ? VALUES_FILE : place);
  if (at === undefined) {
    return { fault: `the write-back target ${JSON.stringify(target)} leads out of the repository` };
  }
  if (kind === KUSTOMIZATION) {
    return { kind, folder: at };
  }
  return kind === HELM_VALUES
    ? { kind, file: at }
    : {
        fault: `the write-back target is ${JSON.stringify(target)}; expected kustomization:FOLDER or helmvalues:FILE${didYouMean(kind, [KUSTOMIZATION, HELM_VALUES])}`,
      };
}
