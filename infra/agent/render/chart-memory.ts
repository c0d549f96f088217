import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { SluiceError } from '../../../shared/errors.ts';
import { type Ask, accepted } from '../cluster/api.ts';

/** Keeps what a chart with random values rendered to, for good: the next rendering would make others. */
export interface ChartMemory {
  /** What is kept of a release; undefined where that is of other files, or nothing. @throws SluiceError `cluster-…` */
  recall(release: string, digest: string): Promise<string | undefined>;
  /** Keeps it in the place of what was kept of the release. @throws SluiceError `cluster-…` */
  keep(release: string, digest: string, text: string): Promise<void>;
}

/**
 * Functions of templates that give another value each time, of Helm and Sprig. What a chart only says in a comment is
 * kept too, which costs nothing but room.
 *
 * @see https://masterminds.github.io/sprig/
 */
const CHANGING =
  /\b(rand[A-Z]\w*|randInt|randBytes|shuffle|uuidv4|gen(PrivateKey|CA|SelfSignedCert|SignedCert)\w*|bcrypt|htpasswd|encryptAES|now|ago|date\w*|htmlDate\w*|unixEpoch)\b/;
/** A chart below this one, which helm unpacks: what is in it is not looked at. */
const PACKED = /\.tgz$/;
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

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
    isChanging ||= PACKED.test(file) || CHANGING.test(bytes.toString('latin1'));
  }
  return { digest: hash.digest('hex'), isChanging };
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
 * @param isReadOnly of a dry run: nothing is kept
 */
export function openChartMemory(
  ask: Ask,
  secret: { readonly namespace: string; readonly name: string },
  owner: string,
  isReadOnly: boolean,
): ChartMemory {
  const base = `/api/v1/namespaces/${secret.namespace}/secrets`;
  const path = `${base}/${secret.name}`;
  const subject = `secret/${secret.namespace}/${secret.name}`;
  const keyOf = (release: string) => createHash('sha256').update(`${owner}\n${release}`).digest('hex').slice(0, 32);
  return {
    async recall(release, digest) {
      const reply = await ask({ path });
      if (reply.status === 404) {
        return undefined;
      }
      const { data } = accepted(reply, subject) as { data?: Readonly<Record<string, string>> };
      const kept = data?.[keyOf(release)];
      return kept === undefined ? undefined : textOf(Buffer.from(kept, 'base64'), digest);
    },
    async keep(release, digest, text) {
      if (isReadOnly) {
        return;
      }
      const packed = await promisify(gzip)(JSON.stringify({ digest, text }));
      const data = { [keyOf(release)]: packed.toString('base64') };
      const patch = { path, method: 'PATCH', contentType: 'application/merge-patch+json', body: { data } } as const;
      const reply = await ask(patch);
      if (reply.status !== 404) {
        accepted(reply, subject);
        return;
      }
      const labels = { 'app.kubernetes.io/managed-by': 'sluice-agent' };
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret.name, labels }, data };
      const made = await ask({ path: base, method: 'POST', contentType: 'application/json', body });
      // Another source of this agent was first.
      accepted(made.status === 409 ? await ask(patch) : made, subject);
    },
  };
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
