import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import { readYaml } from '../../../shared/yaml/read.ts';
import type { Capabilities } from '../cluster/capabilities.ts';
import type { ChartFile } from './chart-file.ts';
import { readChartFiles } from './chart-files.ts';
import type { ChartMemory } from './chart-memory.ts';
import { CHART_FILE } from './discover.ts';
import { findStrayLink } from './locate.ts';
import type { Tools } from './tools.ts';
import { checkValuesSchemas } from './values-schema.ts';

/** A text that `helm template` wrote, of a chart of the repository. */
export interface RenderedChart {
  readonly text: string;
  /** Of its objects that do not say. */
  readonly namespace: string;
  /** The file that a document is from, by the comment above it. */
  readonly placeOf: (comment: string) => string;
}

/** What charts are rendered with. */
export interface ChartOptions {
  readonly tools: Tools;
  /** Where charts are released to that do not say. */
  readonly namespace: string;
  /** What the cluster is. */
  readonly capabilities: () => Promise<Capabilities>;
  readonly chartMemory: ChartMemory;
}

/**
 * Renders a chart with its own values. The release has the chart's name and goes to the given namespace, unless
 * `sluice.dev/release` and `sluice.dev/namespace` among the annotations of Chart.yaml say otherwise. A library chart
 * is nothing by itself.
 *
 * What gives another value each time is rendered once, and kept while the chart and the cluster's minor version stay.
 *
 * @throws SluiceError `render-failed`, or `cluster-…`
 */
export async function renderChart(
  root: string,
  folder: string,
  options: ChartOptions,
): Promise<RenderedChart | undefined> {
  const file = join(folder, CHART_FILE);
  const stray = await findStrayLink(root, folder);
  if (stray !== undefined) {
    throw refused(stray, 'it leads out of the repository or nowhere');
  }
  const chart = await readChart(await readFile(join(root, file), 'utf8'), file);
  if (chart.type === 'library') {
    return undefined;
  }
  const { release, namespace } = releaseOf(chart, options.namespace);
  const capabilities = await options.capabilities();
  const checks = (await checkValuesSchemas(root, folder)) ? [] : ['--skip-schema-validation'];
  const flags = [...flagsOf(capabilities), '--namespace', namespace, ...checks, '--include-crds', '--skip-tests'];
  const commandLine = ['template', ...flags, '--', release, `./${folder}`];
  const text = await once({ root, folder, release, namespace, capabilities }, options.chartMemory, async () =>
    options.tools.run('helm', { arguments: commandLine, directory: root }),
  );
  const source = /^ ?Source: [^/\n]+\/(.+)$/m;
  return {
    text,
    namespace,
    placeOf: (comment) => join(folder, source.exec(comment)?.[1] ?? CHART_FILE),
  };
}

/**
 * The name by which the release of a chart is kept; undefined of a library, which has none.
 *
 * @throws SluiceError `render-failed`
 */
export async function keptNameOf(root: string, folder: string, namespace: string): Promise<string | undefined> {
  const file = join(folder, CHART_FILE);
  const chart = await readChart(await readFile(join(root, file), 'utf8'), file);
  const { release, namespace: goesTo } = releaseOf(chart, namespace);
  return chart.type === 'library' ? undefined : keptName({ folder, namespace: goesTo, release });
}

function releaseOf({ name, annotations }: Omit<ChartFile, 'type'>, namespace: string) {
  return {
    release: annotations?.['sluice.dev/release'] ?? name,
    namespace: annotations?.['sluice.dev/namespace'] ?? namespace,
  };
}

function keptName({ folder, namespace, release }: Pick<Release, 'folder' | 'namespace' | 'release'>): string {
  return JSON.stringify([folder, namespace, release]);
}

interface Release {
  readonly root: string;
  readonly folder: string;
  readonly release: string;
  readonly namespace: string;
  readonly capabilities: Capabilities;
}

/** What renders to something else each time, as it was first rendered. */
async function once(
  { root, folder, release, namespace, capabilities }: Release,
  memory: ChartMemory,
  template: () => Promise<string>,
): Promise<string> {
  const { digest, isChanging } = await readChartFiles(root, folder);
  if (!isChanging) {
    return template();
  }
  const [minor = ''] = /^v?\d+\.\d+/.exec(capabilities.kubeVersion) ?? [];
  const name = keptName({ folder, namespace, release });
  const made = createHash('sha256')
    .update(JSON.stringify([digest, minor, name]))
    .digest('hex');
  const kept = await memory.recall(name, made);
  if (kept !== undefined) {
    return kept;
  }
  const text = await template();
  await memory.keep(name, made, text);
  return text;
}

/** A list for each version: one argument may not be as long as all of them. */
function flagsOf({ kubeVersion, apiVersions }: Capabilities): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const one of apiVersions) {
    const [group = '', version = ''] = one.split('/');
    const name = /^v\d/.test(group) ? group : `${group}/${version}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return ['--kube-version', kubeVersion, ...[...groups.values()].flatMap((all) => ['--api-versions', all.join(',')])];
}

async function readChart(text: string, file: string): Promise<ChartFile> {
  // Few sources have charts, and what checks their files takes longer to load than a thousand files to read.
  const { chartFileSchema } = await import('./chart-file.ts');
  try {
    return chartFileSchema.parse(readYaml(text)[0]?.value);
  } catch (cause) {
    throw refused(file, 'expected YAML with name, type and annotations as text', cause);
  }
}

function refused(subject: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({ code: 'render-failed', subject, found, cause });
}
