import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readYaml } from '../../../shared/yaml/read.ts';
import { CHART_FILE } from './discover.ts';
import { locateFolder } from './locate.ts';
import { isRecord } from './record.ts';

/** Where Helm 2 has them: https://helm.sh/docs/topics/charts/#chart-dependencies */
const FILES = [CHART_FILE, 'requirements.yaml'];
const FILE = /^file:\/\//;

/** What charts of a repository say of each other. */
export interface ChartDependencies {
  /** By the folder of a chart: another one that comes with its release. */
  readonly parents: ReadonlyMap<string, string>;
  /** Files that cannot be read, and may name another chart. */
  readonly unread: readonly string[];
}

/**
 * The charts that are dependencies of others by `file://…`, however far away. Of a circle none is a dependency: helm
 * says what is wrong.
 */
export async function dependenciesOf(root: string, charts: readonly string[]): Promise<ChartDependencies> {
  const unread: string[] = [];
  const direct = new Map<string, readonly string[]>();
  for (const chart of charts) {
    const named: string[] = [];
    for (const file of FILES.map((name) => join(chart, name))) {
      const text = await readFile(join(root, file), 'utf8').catch(() => '');
      const value = readYaml(text)[0]?.value;
      named.push(...repositoriesIn(value));
      unread.push(...(value === undefined && text.includes('file://') ? [file] : []));
    }
    const folders = await Promise.all(named.map(async (url) => locateFolder(root, join(chart, url.replace(FILE, '')))));
    direct.set(
      chart,
      folders.filter((one) => one !== undefined),
    );
  }
  const reaches = new Map(charts.map((chart) => [chart, reachedFrom(chart, direct)]));
  const parents = new Map<string, string>();
  for (const [parent, reached] of reaches) {
    for (const chart of reached) {
      if (!parents.has(chart) && reaches.get(chart)?.has(parent) !== true) {
        parents.set(chart, parent);
      }
    }
  }
  return { parents, unread };
}

function reachedFrom(chart: string, direct: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [chart];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const one of direct.get(next) ?? []) {
      if (!reached.has(one)) {
        reached.add(one);
        open.push(one);
      }
    }
  }
  return reached;
}

/** Those that are places of the disk; anything of another shape is helm's to refuse. */
function repositoriesIn(chart: unknown): readonly string[] {
  const all: unknown = isRecord(chart) ? chart['dependencies'] : undefined;
  return (Array.isArray(all) ? all : []).flatMap((one: unknown) => {
    const url = isRecord(one) ? one['repository'] : undefined;
    return typeof url === 'string' && FILE.test(url) ? [url] : [];
  });
}
