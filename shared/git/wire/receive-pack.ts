import { classify } from '../failure.ts';
import type { GitObject } from './object.ts';
import { writePack } from './pack.ts';
import { type Bands, FLUSH, pktLine, readBands, readPktLines, textOf } from './pkt-line.ts';

/** A move of one ref. */
export interface RefMove {
  readonly ref: string;
  /** Where it must stand; `''` where it is to be made. The host moves it from nowhere else. */
  readonly from: string;
  readonly to: string;
  /** What is new with it. */
  readonly objects: readonly GitObject[];
  /** For hosts that take some. */
  readonly options: readonly string[];
  /** Whether the host may put its words for people beside its answer. */
  readonly hasBands: boolean;
}

const NOWHERE = '0'.repeat(40);

/** The request to move a ref. @see https://git-scm.com/docs/gitprotocol-pack#_reference_update_request_and_packfile_transfer */
export function moveRequest({ ref, from, to, objects, options, hasBands }: RefMove): Buffer {
  // Without our name: CodeCommit offers no `agent`, and ends a push that gives one.
  const can = [
    'report-status',
    ...(hasBands ? ['side-band-64k'] : []),
    ...(options.length > 0 ? ['push-options'] : []),
  ];
  return Buffer.concat([
    pktLine(`${from === '' ? NOWHERE : from} ${to} ${ref}\0 ${can.join(' ')}`),
    FLUSH,
    ...(options.length > 0 ? [...options.map(pktLine), FLUSH] : []),
    writePack(objects),
  ]);
}

/**
 * Reads whether the host moved the ref.
 *
 * @throws SluiceError `git-head-moved` where it stood elsewhere; else in the words of the host
 * @throws Error where the answer is cut short: it may have moved
 */
export function readReport(reply: Buffer, ref: string, subject: string): void {
  const { data, words, fatal } = bandsOf(reply);
  const prefix = `ng ${ref} `;
  let [isUnpacked, isMoved] = [false, false];
  let reason: string | undefined;
  let unpacked: string | undefined;
  for (const line of readPktLines(data)) {
    const text = line === undefined ? '' : textOf(line);
    isUnpacked ||= text === 'unpack ok';
    isMoved ||= text === `ok ${ref}`;
    reason ??= text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
    unpacked ??= text.startsWith('unpack ') && text !== 'unpack ok' ? text : undefined;
  }
  if (isUnpacked && isMoved) {
    return;
  }
  if (reason === undefined && unpacked === undefined && fatal === undefined) {
    throw new Error('an answer that does not say what came of the push');
  }
  const verdict = unpacked ?? (reason === undefined ? '' : `! [remote rejected] ${ref} (${reason})`);
  throw classify(subject, [words, fatal ?? '', verdict].join('\n'), null);
}

const REPORT = /^(?:unpack|ok|ng) /;
const FAULT = /^(?:ERR|error:) /;

/** A report may also stand in the answer as it is, and a fault in the place of one. */
function bandsOf(reply: Buffer): Bands {
  const [first] = readPktLines(reply);
  const text = first?.toString('utf8') ?? '';
  if (REPORT.test(text)) {
    return { data: reply, words: '', fatal: undefined };
  }
  return FAULT.test(text)
    ? { data: Buffer.alloc(0), words: '', fatal: text.replace(FAULT, '').trim() }
    : readBands(readPktLines(reply), reply);
}
