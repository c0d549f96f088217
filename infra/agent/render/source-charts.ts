import { join } from 'node:path';
import { type ChartOptions, keptNameOf, renderChart } from './chart.ts';
import { type ChartDependencies, dependenciesOf } from './chart-dependencies.ts';
import { MENTIONS_DEPLOYER } from './chart-deployers.ts';
import type { ChartMemory } from './chart-memory.ts';
import { ChartOwners } from './chart-owners.ts';
import { CHART_FILE } from './discover.ts';
import { attempt } from './file-texts.ts';
import type { Kustomization } from './kustomization.ts';
import type { ManifestText, ReadManifests } from './manifests.ts';
import { noText, type TextReader } from './read-texts.ts';
import type { RenderFailure } from './rendered-object.ts';
import { isWrittenBelow } from './unplaced.ts';

/** What charts of a source are rendered with. */
export interface SourceChartsOptions extends ChartOptions {
  /** The address of the source's repository, where it is known. */
  readonly repository?: string | undefined;
}

interface ReadChart {
  readonly folder: string;
  readonly text: ManifestText;
  readonly found: ReadManifests;
}

/** What may name a chart and cannot be read, and the chart that it is of. */
interface Unread {
  readonly subject: string;
  readonly from?: string | undefined;
}

/** Nothing is kept of a chart that is rendered to see what it names. */
const NO_MEMORY: ChartMemory = { recall: async () => undefined, keep: async () => {} };

/**
 * The charts of a source: those that neither come with another chart nor are deployed by another controller are rendered
 * and applied. While anything cannot be read that may name one, a chart that is not known to be another's is held up.
 */
export class SourceCharts {
  readonly failures: RenderFailure[] = [];
  /** Charts that are not deployed by themselves, with the reason. */
  readonly passedOver: RenderFailure[] = [];
  readonly #root: string;
  readonly #reader: TextReader;
  readonly #options: SourceChartsOptions;
  readonly #owners: ChartOwners;
  readonly #unread: Unread[] = [];

  constructor(root: string, reader: TextReader, options: SourceChartsOptions) {
    this.#root = root;
    this.#reader = reader;
    this.#options = options;
    this.#owners = new ChartOwners({ root, namespace: options.namespace, repository: options.repository });
  }

  /** Notes whom the objects of a text have deploy what. */
  async note({ subject, text }: ManifestText, { objects, failures }: ReadManifests, from?: string): Promise<void> {
    await this.#owners.add(
      objects.map(({ manifest }) => manifest),
      from,
    );
    if (failures.length > 0 && MENTIONS_DEPLOYER.test(text)) {
      this.#unread.push({ subject: failures[0]?.subject ?? subject, from });
    }
  }

  /**
   * Renders the charts that are deployed by themselves.
   *
   * @param textless failures of what gave no text
   */
  async render(
    charts: readonly string[],
    kustomizations: readonly Kustomization[],
    textless: readonly RenderFailure[],
  ): Promise<void> {
    if (charts.length === 0) {
      return;
    }
    const dependencies = await dependenciesOf(this.#root, charts);
    const inflated = new Map(kustomizations.flatMap(({ file, charts: all }) => all.map((one) => [one, file] as const)));
    const reasonAgainst = (folder: string) => this.#reasonAgainst(folder, dependencies, inflated);
    this.#unread.push(...dependencies.unread.map((subject) => ({ subject })));
    await this.#noteTextless(kustomizations, textless);
    await this.#lookThrough(charts, reasonAgainst);
    const read: ReadChart[] = [];
    for (const folder of charts.filter((one) => reasonAgainst(one) === undefined)) {
      const chart = await this.#readToNote(folder, this.#options, this.failures);
      read.push(...(chart === undefined ? [] : [chart]));
    }
    for (const folder of charts) {
      const reason = reasonAgainst(folder);
      this.passedOver.push(...(reason === undefined ? [] : [{ subject: folder, reason }]));
    }
    // One of those that were read may have named another.
    for (const chart of read.filter(({ folder }) => reasonAgainst(folder) === undefined)) {
      this.#take(chart);
    }
  }

  /** The names by which releases of these charts are kept; undefined where one of them cannot be told. */
  async keptReleases(charts: readonly string[]): Promise<readonly string[] | undefined> {
    const namesOf = charts.map(async (folder) => keptNameOf(this.#root, folder, this.#options.namespace));
    const names = await Promise.all(namesOf).catch(() => undefined);
    return names?.filter((one) => one !== undefined);
  }

  #take({ folder, text, found }: ReadChart): void {
    const unread = this.#unread.find(({ from }) => from !== folder);
    if (unread === undefined) {
      this.#reader.add(text, found);
    } else {
      const reason = `it is held up: ${unread.subject} cannot be read, and may have another controller deploy it`;
      this.failures.push({ subject: join(folder, CHART_FILE), reason });
    }
  }

  #reasonAgainst(
    folder: string,
    { parents }: ChartDependencies,
    inflated: ReadonlyMap<string, string>,
  ): string | undefined {
    const [parent, file] = [parents.get(folder), inflated.get(folder)];
    const comesWith = parent ?? file;
    return (
      this.#owners.reasonAgainst(folder) ?? (comesWith && `comes with ${comesWith}, and is not deployed by itself`)
    );
  }

  /** Charts of others may name further ones, as an application of applications does. */
  async #lookThrough(charts: readonly string[], reasonAgainst: (folder: string) => string | undefined): Promise<void> {
    const seen = new Set<string>();
    const next = () => charts.find((one) => !seen.has(one) && reasonAgainst(one) !== undefined);
    for (let folder = next(); folder !== undefined; folder = next()) {
      seen.add(folder);
      if (await this.#mentions([folder])) {
        // What is wrong with it is another's to tell.
        await this.#readToNote(folder, { ...this.#options, chartMemory: NO_MEMORY }, []);
      }
    }
  }

  async #readToNote(folder: string, options: ChartOptions, failures: RenderFailure[]): Promise<ReadChart | undefined> {
    const before = failures.length;
    const chart = await this.#read(folder, options, { failures });
    if (chart !== undefined) {
      await this.note(chart.text, chart.found, folder);
    } else if (failures.length > before && (await this.#mentions([folder]))) {
      this.#unread.push({ subject: folder, from: folder });
    }
    return chart;
  }

  async #mentions(folders: readonly string[]): Promise<boolean> {
    return isWrittenBelow(this.#root, folders, (text) => MENTIONS_DEPLOYER.test(text));
  }

  /** What gave no text may have named a chart where the source has such objects. */
  async #noteTextless(kustomizations: readonly Kustomization[], failures: readonly RenderFailure[]): Promise<void> {
    const [first] = failures;
    const folders = kustomizations.map(({ folder }) => folder);
    if (first !== undefined && (this.#owners.isAny || (await this.#mentions(folders)))) {
      this.#unread.push({ subject: first.subject });
    }
  }

  async #read(
    folder: string,
    options: ChartOptions,
    faults: { readonly failures: RenderFailure[] },
  ): Promise<ReadChart | undefined> {
    const chart = await attempt(join(folder, CHART_FILE), faults, async () => renderChart(this.#root, folder, options));
    if (chart === undefined) {
      return undefined;
    }
    const { text: written, namespace, placeOf } = chart;
    const place = (_: number, comment: string) => placeOf(comment);
    const text = {
      subject: folder,
      text: written,
      format: 'yaml',
      isRendered: true,
      namespace,
      placeOf: place,
    } as const;
    const found = await this.#reader.read(text);
    if (found === undefined) {
      faults.failures.push(noText(text));
      return undefined;
    }
    return { folder, text, found };
  }
}
