import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { SluiceError } from '../../../shared/errors.ts';
import { type ApiClient, type ApiReply, expectOk } from '../cluster/client.ts';

/** Keeps what a chart with random values rendered to, for good: the next rendering would make others. */
export interface ChartMemory {
  /** What is kept of a release; undefined where that is of other files, or nothing. @throws SluiceError `cluster-…` */
  recall(release: string, digest: string): Promise<string | undefined>;
  /** Keeps it in the place of what was kept of the release. @throws SluiceError `cluster-…` */
  keep(release: string, digest: string, text: string): Promise<void>;
}

/** Forgets, besides, what is kept of releases that are gone. */
export interface ChartStore extends ChartMemory {
  /**
   * Removes what is kept of any other release of this owner. Where the Secret changes meanwhile nothing is removed, and
   * the next call does it.
   *
   * @throws SluiceError `cluster-…`
   */
  forgetOthers(releases: readonly string[]): Promise<void>;
}

const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** A Secret holds 1 MiB: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size */
const MAX_SECRET_BYTES = 1024 * 1024;

/** The Secret of an agent: `sluice-agent-charts`, and with its name in between where it has another than the usual one. */
export function chartSecretOf(agent: string, namespace: string): { readonly namespace: string; readonly name: string } {
  return { namespace, name: agent === 'default' ? 'sluice-agent-charts' : `sluice-agent-${agent}-charts` };
}

/**
 * Returns what keeps texts in a Secret of the agent's namespace.
 *
 * @param owner of the releases: the agent, or one of its sources
 * @param owners how many there are: each has its share of the Secret, so that none fills it up for the others
 * @param isReadOnly of a dry run: nothing is kept
 */
export function openChartMemory(
  request: ApiClient,
  secret: SecretName,
  { owner, owners }: { readonly owner: string; readonly owners: number },
  isReadOnly: boolean,
): ChartStore {
  const share = Math.floor(MAX_SECRET_BYTES / owners);
  return new SecretChartStore(request, secret, { owner, share, isReadOnly });
}

interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

interface StoreOptions {
  readonly owner: string;
  /** How many bytes it may take of the Secret. */
  readonly share: number;
  readonly isReadOnly: boolean;
}

/**
 * Keeps texts in a Secret, each before anything of it is applied, so that they outlast the agent however it ends.
 */
class SecretChartStore implements ChartStore {
  readonly #request: ApiClient;
  readonly #secret: SecretName;
  readonly #options: StoreOptions;
  /** What the keys of this owner begin with. */
  readonly #own: string;

  constructor(request: ApiClient, secret: SecretName, options: StoreOptions) {
    this.#request = request;
    this.#secret = secret;
    this.#options = options;
    this.#own = `${hashOf(options.owner)}.`;
  }

  async recall(release: string, digest: string): Promise<string | undefined> {
    const { data = {} } = (await this.#read()) ?? {};
    const kept = data[this.#keyOf(release)];
    return kept === undefined ? undefined : textOf(Buffer.from(kept, 'base64'), digest);
  }

  async keep(release: string, digest: string, text: string): Promise<void> {
    const { isReadOnly, share } = this.#options;
    if (isReadOnly) {
      return;
    }
    const key = this.#keyOf(release);
    const packed = await promisify(gzip)(JSON.stringify({ digest, text }));
    const { data = {} } = (await this.#read()) ?? {};
    const others = Object.entries(data).filter(([one]) => one.startsWith(this.#own) && one !== key);
    const bytes = others.reduce((sum, [, one]) => sum + Buffer.byteLength(one, 'base64'), packed.length);
    if (bytes > share) {
      throw tooMuch(this.#subject, bytes, share);
    }
    await this.#write({ [key]: packed.toString('base64') });
  }

  async forgetOthers(releases: readonly string[]): Promise<void> {
    const found = this.#options.isReadOnly ? undefined : await this.#read();
    if (found === undefined) {
      return;
    }
    const { data = {}, metadata } = found;
    const known = new Set(releases.map((release) => this.#keyOf(release)));
    const gone = Object.keys(data).filter((key) => key.startsWith(this.#own) && !known.has(key));
    if (gone.length === 0) {
      return;
    }
    const removed = await this.#patch({
      // What was kept anew meanwhile must not go.
      metadata: { resourceVersion: metadata?.resourceVersion },
      data: Object.fromEntries(gone.map((key) => [key, null])),
    });
    if (removed.status !== 409) {
      expectOk(removed, this.#subject);
    }
  }

  get #subject(): string {
    return `secret/${this.#secret.namespace}/${this.#secret.name}`;
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#secret.namespace}/secrets`;
  }

  #keyOf(release: string): string {
    return this.#own + hashOf(release);
  }

  /** Undefined where there is no Secret. */
  async #read(): Promise<Kept | undefined> {
    const reply = await this.#request({ path: `${this.#collection}/${this.#secret.name}` });
    return reply.status === 404 ? undefined : (expectOk(reply, this.#subject) as Kept);
  }

  /** Writes into the Secret, which is made where there is none. */
  async #write(data: Texts): Promise<void> {
    const reply = await this.#patch({ data });
    if (reply.status !== 404) {
      expectOk(reply, this.#subject);
      return;
    }
    const labels = { 'app.kubernetes.io/managed-by': 'sluice-agent' };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: this.#secret.name, labels }, data };
    const path = this.#collection;
    const made = await this.#request({ path, method: 'POST', contentType: 'application/json', body });
    // Another source of this agent was first.
    expectOk(made.status === 409 ? await this.#patch({ data }) : made, this.#subject);
  }

  async #patch(body: object): Promise<ApiReply> {
    const path = `${this.#collection}/${this.#secret.name}`;
    return this.#request({ path, method: 'PATCH', contentType: 'application/merge-patch+json', body });
  }
}

/** Packed, by key. */
type Texts = Readonly<Record<string, string>>;

interface Kept {
  readonly data?: Texts;
  readonly metadata?: { readonly resourceVersion?: string };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function tooMuch(subject: string, bytes: number, share: number): SluiceError {
  return new SluiceError({
    code: 'render-failed',
    subject,
    expected: `at most ${share} bytes of what a source’s charts with random values render to`,
    found: `${bytes}`,
    next: 'Write these values into Git, encrypted, or split the agent.',
  });
}

/** @throws SluiceError `secret-unavailable`: another value must not be made in the place of what cannot be read */
async function textOf(packed: Buffer, digest: string): Promise<string | undefined> {
  try {
    const unpacked = await promisify(gunzip)(packed, { maxOutputLength: MAX_TEXT_BYTES });
    const kept: { digest?: unknown; text?: unknown } = JSON.parse(unpacked.toString('utf8'));
    return kept.digest === digest && typeof kept.text === 'string' ? kept.text : undefined;
  } catch (cause) {
    throw new SluiceError({
      code: 'secret-unavailable',
      subject: 'rendered charts',
      expected: 'what was kept of them',
      found: 'something else',
      next: 'Delete the Secret, and random values of charts are made anew.',
      cause,
    });
  }
}
