import { readFile } from 'node:fs/promises';
import { awsAccount } from '../../shared/aws/account.ts';
import { type HttpServer, type Routes, startHttpServer } from './http/server.ts';
import { waitUntilReached } from './leader/standby.ts';
import { ReconcileLoop } from './loop.ts';
import type { AgentParts } from './open-source-reconciler.ts';
import { maskFile } from './secrets/credentials.ts';
import type { SourceReconciler } from './source-reconciler.ts';
import { regionOfQueue, wakeByQueue } from './wake/queue.ts';
import { openWakeSignal } from './wake/wake.ts';
import { wakeRoute } from './wake/webhook.ts';

/** Where there is something to listen for. */
const HTTP_PORT = 8080;

/** An agent that keeps on: a loop for each source while it leads, probes, and what wakes the loops. */
export class AgentService {
  readonly #sources: readonly SourceReconciler[];
  readonly #parts: AgentParts;
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #signal: AbortSignal;
  readonly #wakeSignal = openWakeSignal();

  /** @param variables those of the environment that AWS's clients read, and that tell that it runs in a pod */
  constructor(
    sources: readonly SourceReconciler[],
    parts: AgentParts,
    variables: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ) {
    this.#sources = sources;
    this.#parts = parts;
    this.#variables = variables;
    this.#signal = signal;
  }

  /** Runs until the signal ends it. */
  async run(): Promise<void> {
    const { election } = this.#parts.agentProcess;
    const server = await this.#listen();
    const apply = async (leading: AbortSignal) => this.#reconcile(leading);
    await Promise.all([
      ...(election === undefined ? [apply(this.#signal)] : [election.run(this.#signal, apply), ...this.#standBy()]),
      this.#wakeByQueue(),
    ]);
    await server?.stop();
  }

  /** Each source has a loop of its own: a fault of one is none of the others'. */
  async #reconcile(signal: AbortSignal): Promise<void> {
    const { syncInterval: syncMillis } = this.#parts.settings;
    const loops = this.#sources.map(async (source) => {
      await new ReconcileLoop(source, { wait: this.#wakeSignal.subscribe(), syncMillis, signal }).run();
      await source.settled();
    });
    await Promise.all(loops);
  }

  #standBy(): readonly Promise<void>[] {
    return this.#sources.map(async (source) => waitUntilReached(source, this.#signal));
  }

  /** Serves probes, metrics and the webhook; undefined where there is nobody to serve. */
  async #listen(): Promise<HttpServer | undefined> {
    const { settings, agentProcess, log } = this.#parts;
    const { nudgeSecretFile, httpPort } = settings;
    const isOpen = this.#variables['KUBERNETES_SERVICE_HOST'] !== undefined || nudgeSecretFile !== undefined;
    const port = httpPort ?? (isOpen ? HTTP_PORT : 0);
    if (port === 0) {
      return undefined;
    }
    const routes = { ...agentProcess.routes, ...this.#webhook(nudgeSecretFile) };
    const server = await startHttpServer(port, routes, log, isOpen ? undefined : '127.0.0.1');
    log.info('listening', { port: server.port });
    return server;
  }

  #webhook(secretFile: string | undefined): Routes {
    if (secretFile === undefined) {
      return {};
    }
    const secret = async () => {
      await maskFile(secretFile, this.#parts.secrets);
      return (await readFile(secretFile, 'utf8')).trim();
    };
    return { 'POST /nudge': wakeRoute(secret, this.#wake) };
  }

  async #wakeByQueue(): Promise<void> {
    const { settings, log } = this.#parts;
    const { nudgeQueue: url } = settings;
    if (url === undefined) {
      return;
    }
    const region = regionOfQueue(url) ?? this.#variables['AWS_REGION'];
    const sqs = awsAccount(this.#variables).service('sqs', { region });
    await wakeByQueue({ sqs, url, wake: this.#wake, signal: this.#signal, log });
  }

  readonly #wake = () => {
    this.#parts.log.info('nudged');
    this.#wakeSignal.wake();
  };
}
