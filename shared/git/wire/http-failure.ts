import { type ErrorCode, SluiceError } from '../../errors.ts';
import { readPktLines } from './pkt-line.ts';

/** A refusal over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** What the host says to people, `''` where it says nothing. */
  readonly words: string;
  /** How long it asks to be left alone; of meaning with 429 only. */
  readonly waitSeconds: number;
  /** Were credentials sent? */
  readonly isKnown: boolean;
  /** Where it sends us. */
  readonly location?: string;
}

/** More than any reason that is given to people. */
export const MAX_WORDS_BYTES = 1024;
const MAX_LENGTH = 300;

const CHECK_URL = 'Check the url and the branch in sluice.yml.';
const CHECK_CREDENTIALS =
  'Check the credentials of this repository in sluice.yml: they must be allowed to read it and to push.';

/** What a host says to people: a text, or what JGit puts in the place of an answer of Git. */
export function wordsIn(mediaType: string, body: Buffer): string {
  return mediaType === 'text/plain' ? body.toString('utf8') : faultIn(body);
}

function faultIn(body: Buffer): string {
  try {
    for (const line of readPktLines(body)) {
      const isOnBand = line?.[0] === FATAL_BAND;
      const [, fault] = /^(?:ERR|error:) (.*)$/s.exec(line?.toString('utf8', isOnBand ? 1 : 0) ?? '') ?? [];
      if (fault !== undefined) {
        return fault;
      }
    }
  } catch {
    // It is not Git's after all, or longer than people read.
  }
  return '';
}
const FATAL_BAND = 3;

interface Kind {
  readonly fits: (answer: HttpAnswer) => boolean;
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  readonly next?: string;
}

/** The first that fits counts. */
const KINDS: readonly Kind[] = [
  { fits: ({ status }) => status === 429, code: 'git-rate-limited', retryable: true },
  { fits: ({ status }) => status >= 500 || status === 408, code: 'git-unavailable', retryable: true },
  {
    fits: ({ words }) => /\barchived\b/i.test(words),
    code: 'git-refused',
    next: 'Take the repository out of the archive, or out of sluice.yml.',
  },
  { fits: ({ status }) => status === 401 || status === 403, code: 'git-unauthorized', next: CHECK_CREDENTIALS },
  { fits: ({ status }) => status === 404 || status === 410, code: 'git-not-found', next: CHECK_URL },
  { fits: ({ status }) => status < 400, code: 'git-not-found', next: CHECK_URL },
];
const FALLBACK: Omit<Kind, 'fits'> = {
  code: 'git-refused',
  next: 'Allow the account of these credentials to push to the branch.',
};

/** The error for a status that is not 200. */
export function httpFailure(subject: string, answer: HttpAnswer): SluiceError {
  const { code, retryable = false, next } = KINDS.find(({ fits }) => fits(answer)) ?? FALLBACK;
  const wait = answer.status === 429 ? { retryAfterSeconds: answer.waitSeconds } : {};
  return new SluiceError({
    code,
    subject,
    found: describe(answer),
    retryable,
    ...wait,
    ...(next === undefined ? {} : { next }),
  });
}

function describe({ status, words, waitSeconds, isKnown, location }: HttpAnswer): string {
  const said = words.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH).replace(/\.$/, '');
  if (status === 429) {
    return `HTTP 429: too many requests; it asks to wait ${waitSeconds} s`;
  }
  if (status === 401) {
    const what = isKnown ? 'the credentials were not accepted' : 'it wants credentials, and none are given';
    return said === '' || /^(401 )?Unauthorized$/i.test(said) ? `HTTP 401: ${what}` : `HTTP 401: ${what}: ${said}`;
  }
  if (location !== undefined && status < 400) {
    return `HTTP ${status}: it has moved to ${location.replace(/\/info\/refs(\?.*)?$/, '')}`;
  }
  return said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
}
