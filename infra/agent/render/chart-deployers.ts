import { posix } from 'node:path';
import { groupOf, idOf, type Manifest, printId } from '../manifest.ts';
import { isRecord } from './record.ts';

/** An object that has a controller deploy a folder of a repository. */
export interface ChartDeployer {
  /** `helmrelease/shop/web` */
  readonly by: string;
  /** From the root of the repository, as it is written; it may have `{{…}}` in it. */
  readonly path: string;
  /** Where the object says it: the repository's address. */
  readonly url?: string | undefined;
  /** Or the object that has the address, `namespace/name`. */
  readonly gitRepository?: string | undefined;
  /** Of an ApplicationSet: the folders that its path stands for. */
  readonly folders?: FolderGlobs | undefined;
}

/** Globs of folders, as Argo CD's generators of Git have them. */
interface FolderGlobs {
  readonly named: readonly string[];
  readonly excluded: readonly string[];
}

/** Says in a text that cannot be read that there may be such an object in it. */
export const MENTIONS_DEPLOYER = /HelmRelease|HelmChart|kind\W+Application/;

/** Flux's word for a repository of Git. What is of another kind is not this repository. */
const GIT_REPOSITORY = 'GitRepository';
const OTHER_SOURCES: ReadonlySet<unknown> = new Set(['HelmRepository', 'OCIRepository', 'Bucket']);

/**
 * The folders that an object has another controller deploy: a HelmRelease or HelmChart of Flux, whose chart is of Git,
 * or an Application or ApplicationSet of Argo CD.
 *
 * @param namespace of objects that do not say
 * @see https://fluxcd.io/flux/components/helm/helmreleases/#chart-template
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
export function deployersIn(manifest: Manifest, namespace: string): readonly ChartDeployer[] {
  const spec = manifest['spec'];
  const by = printId(idOf(manifest));
  const home = manifest.metadata.namespace ?? namespace;
  switch (`${groupOf(manifest.apiVersion)} ${manifest.kind}`) {
    case 'helm.toolkit.fluxcd.io HelmRelease':
      return ofFlux(by, at(spec, 'chart', 'spec'), home);
    case 'source.toolkit.fluxcd.io HelmChart':
      return ofFlux(by, spec, home);
    case 'helm.fluxcd.io HelmRelease':
    case 'flux.weave.works HelmRelease':
      return ofFluxV1(by, at(spec, 'chart'));
    case 'argoproj.io Application':
      return ofArgo(by, spec);
    case 'argoproj.io ApplicationSet':
      return ofArgo(by, at(spec, 'template', 'spec'), globsIn(at(spec, 'generators')));
    default:
      return [];
  }
}

/** The address of each GitRepository of Flux, by `namespace/name`. */
export function gitRepositoryIn(manifest: Manifest, namespace: string): readonly (readonly [string, string])[] {
  const url = at(manifest['spec'], 'url');
  const isOne = groupOf(manifest.apiVersion) === 'source.toolkit.fluxcd.io' && manifest.kind === GIT_REPOSITORY;
  return isOne && typeof url === 'string'
    ? [[`${manifest.metadata.namespace ?? namespace}/${manifest.metadata.name}`, url]]
    : [];
}

/** Does it depend on a generator, which folder a deployer names? */
export function isTemplate({ path }: Pick<ChartDeployer, 'path'>): boolean {
  return path.includes('{{');
}

/** May a template be of this folder? What is filled in may be anything, of the folders that the generator names. */
export function mayFillIn({ path, folders }: Pick<ChartDeployer, 'path' | 'folders'>, folder: string): boolean {
  const parts = cleaned(path.replaceAll(TEMPLATE, ANYTHING)).split(ANYTHING);
  if (!new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('.*')}$`, 's').test(folder)) {
    return false;
  }
  const { named = [], excluded = [] } = folders ?? {};
  const matches = (glob: string) => posix.matchesGlob(folder, cleaned(glob));
  // A path that is made of a folder may lead below it.
  const isBelow = (glob: string) => matches(glob) || posix.matchesGlob(folder, `${cleaned(glob)}/**`);
  return !excluded.some(matches) && (named.length === 0 || named.some(isBelow));
}

/** What a template of an ApplicationSet fills in, several in a row as one. */
const TEMPLATE = /(?:\{\{.*?\}\})+/g;
const ANYTHING = '\0';

function cleaned(path: string): string {
  return posix.join('.', path).replace(/\/$/, '') || '.';
}

function ofFlux(by: string, chart: unknown, namespace: string): readonly ChartDeployer[] {
  const path = at(chart, 'chart');
  const [kind, name, home] = ['kind', 'name', 'namespace'].map((field) => at(chart, 'sourceRef', field));
  return typeof path !== 'string' || OTHER_SOURCES.has(kind)
    ? []
    : [{ by, path, gitRepository: `${typeof home === 'string' ? home : namespace}/${String(name)}` }];
}

function ofFluxV1(by: string, chart: unknown): readonly ChartDeployer[] {
  const [git, path = '.'] = [at(chart, 'git'), at(chart, 'path')];
  return typeof git === 'string' && typeof path === 'string' ? [{ by, path, url: git }] : [];
}

function ofArgo(by: string, spec: unknown, folders?: FolderGlobs): readonly ChartDeployer[] {
  const sources = [at(spec, 'source'), at(spec, 'sources'), at(spec, 'sourceHydrator', 'drySource')].flat();
  return sources.flatMap((source) => {
    const [path, url] = [at(source, 'path'), at(source, 'repoURL')];
    // An address that a generator fills in may be any.
    const known = typeof url === 'string' && !url.includes('{{') ? url : undefined;
    return typeof path === 'string' ? [{ by, path, url: known, folders }] : [];
  });
}

/** Where something else than folders of Git gives the path, it may be any. */
function globsIn(generators: unknown): FolderGlobs | undefined {
  const all = generatorsIn(generators, 0);
  const lists = all.map((one) => at(one, 'git', 'directories'));
  if (!lists.every(Array.isArray)) {
    return undefined;
  }
  const globs = lists.flat().flatMap((one: unknown) => {
    const path = at(one, 'path');
    return typeof path === 'string' ? [{ path, isExcluded: at(one, 'exclude') === true }] : [];
  });
  const pathsOf = (isExcluded: boolean) => globs.filter((one) => one.isExcluded === isExcluded).map(({ path }) => path);
  return { named: pathsOf(false), excluded: pathsOf(true) };
}

/** Generators may hold others, two levels deep: https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Matrix/ */
const MAX_LEVELS = 4;

/** Those that may give a path. */
function generatorsIn(generators: unknown, level: number): readonly unknown[] {
  return [generators].flat().flatMap((one) => {
    const inner = at(one, 'matrix', 'generators') ?? at(one, 'merge', 'generators');
    const isOfClusters = at(one, 'clusters') !== undefined;
    if (isOfClusters) {
      return [];
    }
    return inner === undefined || level === MAX_LEVELS ? [one] : generatorsIn(inner, level + 1);
  });
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inside, name) => (isRecord(inside) ? inside[name] : undefined), value);
}
