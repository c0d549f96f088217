import { SluiceError } from '../../errors.ts';
import { classify } from '../failure.ts';
import type { GitObject } from './object.ts';
import { readPack } from './pack.ts';
import { FLUSH, pktLine, readBands, readPktLines, textOf } from './pkt-line.ts';

/** What a host says first: where its branches stand, and what it can do. */
export interface Advertisement {
  readonly refs: ReadonlyMap<string, string>;
  readonly capabilities: ReadonlySet<string>;
}

/** Stands in the place of a ref where a repository has none. */
const NO_REF = 'capabilities^{}';
const ONLY_HASH = 'sha1';

/**
 * Reads the refs that a host advertises.
 *
 * @see https://git-scm.com/docs/gitprotocol-pack#_reference_discovery
 * @throws SluiceError for what the host says instead
 */
export function readAdvertisement(bytes: Buffer, subject: string): Advertisement {
  const refs = new Map<string, string>();
  let capabilities: ReadonlySet<string> = new Set();
  for (const line of readPktLines(bytes)) {
    const text = line === undefined ? '' : textOf(line);
    if (text.startsWith('ERR ')) {
      throw classify(subject, text.slice('ERR '.length), null);
    }
    const [ref = '', offered] = text.split('\0');
    const [, id, name] = /^([0-9a-f]{40,64}) (.*)$/s.exec(ref) ?? [];
    if (offered !== undefined) {
      capabilities = new Set(offered.trim().split(' '));
    }
    if (id !== undefined && name !== undefined && name !== NO_REF) {
      refs.set(name, id);
    }
  }
  const format = [...capabilities].find((one) => one.startsWith('object-format='))?.slice('object-format='.length);
  if (format !== undefined && format !== ONLY_HASH) {
    throw new SluiceError({
      code: 'git-refused',
      subject,
      expected: `the object format ${ONLY_HASH}`,
      found: format,
      next: 'Sluice cannot write to such a repository yet.',
    });
  }
  return { refs, capabilities };
}

/** What is asked for. */
export interface Wanted {
  readonly commit: string;
  /** So many commits back. */
  readonly depth: number;
  /** Commits whose files are here; of their parents nothing is said. */
  readonly known: readonly string[];
  /** Leaves things out, where the host can. @see https://git-scm.com/docs/git-rev-list#_object_traversal */
  readonly filter: 'tree:0' | `blob:limit=${number}` | undefined;
}

/** The request for a pack. @see https://git-scm.com/docs/gitprotocol-pack#_packfile_negotiation */
export function wantRequest({ commit, depth, known, filter }: Wanted, capabilities: ReadonlySet<string>): Buffer {
  // Azure DevOps and CodeCommit serve nobody without `multi_ack_detailed`; what it adds to the answer is on no band.
  const can = [
    ...['multi_ack_detailed', 'side-band-64k', 'thin-pack', 'ofs-delta', 'no-progress', 'filter'].filter((one) =>
      capabilities.has(one),
    ),
    ...([...capabilities].some((one) => one.startsWith('agent=')) ? ['agent=sluice'] : []),
  ];
  const isShallow = capabilities.has('shallow');
  const isFiltered = filter !== undefined && capabilities.has('filter');
  return Buffer.concat([
    pktLine(`want ${[commit, ...can].join(' ')}\n`),
    ...(isShallow ? [...known.map((id) => pktLine(`shallow ${id}\n`)), pktLine(`deepen ${depth}\n`)] : []),
    ...(isFiltered ? [pktLine(`filter ${filter}\n`)] : []),
    FLUSH,
    ...(isShallow ? known.map((id) => pktLine(`have ${id}\n`)) : []),
    pktLine('done\n'),
  ]);
}

/**
 * The objects of a host's answer.
 *
 * @param reply is used up
 * @param capabilities those that the host offered: without bands a pack stands in the answer as it is
 * @param known what is here already: the host sends only how others differ from it
 * @throws SluiceError for what the host says instead
 * @throws Error where the answer is cut short or spoilt
 */
export async function readObjects(
  reply: Buffer,
  subject: string,
  capabilities: ReadonlySet<string>,
  known: (id: string) => GitObject | undefined,
): Promise<ReadonlyMap<string, GitObject>> {
  const lines = function* (bytes: Buffer) {
    for (const line of readPktLines(bytes)) {
      if (line?.toString('latin1', 0, 4) === 'ERR ') {
        throw classify(subject, textOf(line).slice('ERR '.length), null);
      }
      yield line;
    }
  };
  if (!capabilities.has('side-band-64k')) {
    const start = startOfPack(reply);
    for (const _ of lines(reply.subarray(0, start))) {
      // What the host says before it; a refusal is thrown.
    }
    return readPack(reply.subarray(start), known);
  }
  const { data, words, fatal } = readBands(lines(reply), reply);
  if (fatal !== undefined) {
    throw classify(subject, `${words}\n${fatal}`, null);
  }
  return readPack(data, known);
}

/** Where the first thing is that is no line. */
function startOfPack(reply: Buffer): number {
  let at = 0;
  while (at < reply.length && reply.toString('latin1', at, at + 4) !== 'PACK') {
    at += Math.max(4, Number.parseInt(reply.toString('latin1', at, at + 4), 16) || 0);
  }
  return Math.min(at, reply.length);
}
