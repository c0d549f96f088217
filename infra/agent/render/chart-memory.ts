import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { SluiceError } from '../../../shared/errors.ts';
import { type ApiClient, expectOk } from '../cluster/client.ts';

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

/**
 * Functions of templates that give another value each time, of Helm and Sprig. What a template only says in a comment
 * is kept too, which costs nothing but room.
 *
 * @see https://masterminds.github.io/sprig/
 */
const CHANGING =
  /\b(rand[A-Z]\w*|randInt|randBytes|shuffle|uuidv4|gen(PrivateKey|CA|SelfSignedCert|SignedCert)\w*|bcrypt|htpasswd|encryptAES|now|ago|date\w*|htmlDate\w*|unixEpoch)\b/;
/** Where functions are called, in templates and in values and files that templates take for such. */
const [OPEN, CLOSE] = ['{{', '}}'] as const;
/** A chart below this one, which helm unpacks: what is in it is not looked at. */
const PACKED = /\.tgz$/;
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** A Secret holds 1 MiB: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size */
const MAX_SECRET_BYTES = 1024 * 1024;

/** The files of a chart, as far as its values are concerned. */
export interface ChartFiles {
  readonly digest: string;
  /** May it render to something else each time? */
  readonly isChanging: boolean;
}

/** Reads all files of a chart. Symbolic links are followed: none of them leads out of the repository. */
export async function readChartFiles(root: string, folder: string): Promise<ChartFiles> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
  const hash = createHash('sha256');
  let isChanging = false;
  for (const file of files.toSorted()) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    hash.update(JSON.stringify([relative(join(root, folder), file), bytes.length])).update(bytes);
    isChanging ||= PACKED.test(file) || callsChanging(bytes.toString('latin1'));
  }
  return { digest: hash.digest('hex'), isChanging };
}

/** Words of a description, a licence or a definition call nothing. */
function callsChanging(text: string): boolean {
  for (let from = text.indexOf(OPEN); from !== -1; ) {
    const end = text.indexOf(CLOSE, from);
    if (CHANGING.test(text.slice(from, end === -1 ? undefined : end))) {
      return true;
    }
    from = end === -1 ? -1 : text.indexOf(OPEN, end);
  }
  return false;
}

/** The Secret of an agent: `sluice-agent-charts`, and with its name in between where it has another than the usual one. */
export function chartSecretOf(agent: string, namespace: string): { readonly namespace: string; readonly name: string } {
  return { namespace, name: agent === 'default' ? 'sluice-agent-charts' : `sluice-agent-${agent}-charts` };
}

/**
 * Keeps texts in a Secret of the agent's namespace, each before anything of it is applied, so that they outlast the
 * agent however it ends.
 *
 * @param owner of the releases: the agent, or one of its sources
 * @param owners how many there are: each has its share of the Secret, so that none fills it up for the others
 * @param isReadOnly of a dry run: nothing is kept
 */
export function openChartMemory(
  request: ApiClient,
  secret: { readonly namespace: string; readonly name: string },
  { owner, owners }: { readonly owner: string; readonly owners: number },
  isReadOnly: boolean,
): ChartStore {
  const base = `/api/v1/namespaces/${secret.namespace}/secrets`;
  const path = `${base}/${secret.name}`;
  const subject = `secret/${secret.namespace}/${secret.name}`;
  const own = `${hashOf(owner)}.`;
  const keyOf = (release: string) => own + hashOf(release);
  const share = Math.floor(MAX_SECRET_BYTES / owners);
  const read = async () => {
    const reply = await request({ path });
    const { data = {} } = reply.status === 404 ? {} : (expectOk(reply, subject) as { data?: Kept });
    return data;
  };
  return {
    async recall(release, digest) {
      const kept = (await read())[keyOf(release)];
      return kept === undefined ? undefined : textOf(Buffer.from(kept, 'base64'), digest);
    },
    async keep(release, digest, text) {
      if (isReadOnly) {
        return;
      }
      const packed = await promisify(gzip)(JSON.stringify({ digest, text }));
      const others = Object.entries(await read()).filter(([key]) => key.startsWith(own) && key !== keyOf(release));
      const bytes = others.reduce((sum, [, one]) => sum + Buffer.byteLength(one, 'base64'), packed.length);
      if (bytes > share) {
        throw tooMuch(subject, bytes, share);
      }
      const data = { [keyOf(release)]: packed.toString('base64') };
      const patch = { path, method: 'PATCH', contentType: 'application/merge-patch+json', body: { data } } as const;
      const reply = await request(patch);
      if (reply.status !== 404) {
        expectOk(reply, subject);
        return;
      }
      const labels = { 'app.kubernetes.io/managed-by': 'sluice-agent' };
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret.name, labels }, data };
      const made = await request({ path: base, method: 'POST', contentType: 'application/json', body });
      // Another source of this agent was first.
      expectOk(made.status === 409 ? await request(patch) : made, subject);
    },
    async forgetOthers(releases) {
      const reply = await request({ path });
      if (isReadOnly || reply.status === 404) {
        return;
      }
      const { data = {}, metadata } = expectOk(reply, subject) as {
        data?: Kept;
        metadata?: { resourceVersion?: string };
      };
      const known = new Set(releases.map(keyOf));
      const gone = Object.keys(data).filter((key) => key.startsWith(own) && !known.has(key));
      if (gone.length === 0) {
        return;
      }
      const body = {
        // What was kept anew meanwhile must not go.
        metadata: { resourceVersion: metadata?.resourceVersion },
        data: Object.fromEntries(gone.map((key) => [key, null])),
      };
      const removed = await request({ path, method: 'PATCH', contentType: 'application/merge-patch+json', body });
      if (removed.status !== 409) {
        expectOk(removed, subject);
      }
    },
  };
}

type Kept = Readonly<Record<string, string>>;

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
