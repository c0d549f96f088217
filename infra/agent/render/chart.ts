import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { SluiceError } from '../../../shared/errors.ts';
import { readYaml } from '../../../shared/yaml/read.ts';
import { CHART_FILE } from './layout.ts';
import { findStrayLink } from './locate.ts';
import type { Tools } from './tools.ts';
import { checkValuesSchemas } from './values-schema.ts';

/** https://helm.sh/docs/topics/charts/#the-chartyaml-file, as far as it says how a chart is rendered. */
const chartSchema = z.object({
  name: z.string().default(''),
  type: z.string().default('application'),
  annotations: z.record(z.string(), z.string()).nullish(),
});

/** A text that `helm template` wrote, of a chart of the repository. */
export interface RenderedChart {
  readonly text: string;
  /** The file that a document is from, by the comment above it. */
  readonly placeOf: (comment: string) => string;
}

/**
 * Renders a chart with its own values. The release has the chart's name and goes to the given namespace, unless
 * `sluice.dev/release` and `sluice.dev/namespace` among the annotations of Chart.yaml say otherwise. A library chart
 * is nothing by itself.
 *
 * @throws SluiceError `render-failed`
 */
export async function renderChart(
  root: string,
  folder: string,
  namespace: string,
  tools: Tools,
): Promise<RenderedChart | undefined> {
  const file = join(folder, CHART_FILE);
  const stray = await findStrayLink(root, folder);
  if (stray !== undefined) {
    throw refused(stray, 'it leads out of the repository or nowhere');
  }
  const { name, type, annotations } = readChart(await readFile(join(root, file), 'utf8'), file);
  if (type === 'library') {
    return undefined;
  }
  const release = annotations?.['sluice.dev/release'] ?? name;
  const place = ['--namespace', annotations?.['sluice.dev/namespace'] ?? namespace];
  const checks = (await checkValuesSchemas(root, folder)) ? [] : ['--skip-schema-validation'];
  const flags = [...place, ...checks, '--include-crds', '--skip-tests'];
  const commandLine = ['template', ...flags, '--', release, `./${folder}`];
  const text = await tools.run('helm', { arguments: commandLine, directory: root });
  const source = /^ ?Source: [^/\n]+\/(.+)$/m;
  return {
    text,
    placeOf: (comment) => join(folder, source.exec(comment)?.[1] ?? CHART_FILE),
  };
}

function readChart(text: string, file: string) {
  try {
    return chartSchema.parse(readYaml(text)[0]?.value);
  } catch (cause) {
    throw refused(file, 'expected YAML with name, type and annotations as text', cause);
  }
}

function refused(subject: string, found: string, cause?: unknown): SluiceError {
  return new SluiceError({ code: 'render-failed', subject, found, cause });
}
