import type { Log } from '../../../shared/log.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import type { ObjectId } from '../manifest.ts';

/** What a ConfigMap holds. */
export type Data = Readonly<Record<string, string>>;

export interface ConfigMapWriterOptions {
  readonly id: ObjectId;
  readonly labels: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** Writes a ConfigMap, one write at a time; what comes meanwhile is written together. */
export class ConfigMapWriter {
  /** What is to stand there. */
  data: Data;
  readonly #cluster: Cluster;
  readonly #options: ConfigMapWriterOptions;
  #written: Data | undefined;
  #writing: Promise<void> | undefined;

  constructor(cluster: Cluster, data: Data, options: ConfigMapWriterOptions) {
    this.#cluster = cluster;
    this.data = data;
    this.#options = options;
  }

  /** Did a write of this process ever succeed? */
  get hasWritten(): boolean {
    return this.#written !== undefined;
  }

  /** Returns the ConfigMap as the cluster has it. @throws SluiceError `cluster-…` */
  async read(): Promise<LiveObject | undefined> {
    return this.#cluster.read(this.#options.id);
  }

  /** Begins to write what is to stand there, unless that is under way. A failure is logged. */
  write(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Waits until all is written, or was refused. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { id, labels, log } = this.#options;
    const { apiVersion, kind, name, namespace } = id;
    while (this.data !== this.#written) {
      const { data } = this;
      try {
        await this.#cluster.apply({ apiVersion, kind, metadata: { name, namespace, labels }, data });
        this.#written = data;
      } catch (error) {
        log.warn('status not written', { state: data['state'], error });
        return;
      }
    }
  }
}
