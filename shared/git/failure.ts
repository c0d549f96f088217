import { type ErrorCode, SluiceError } from '../errors.ts';
import { withoutUser } from './address.ts';
import { FUNCTIONS_ADVICE, type GitAdvice } from './advice.ts';

interface Kind {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly says: RegExp;
  /** One of the reader's settings, or what holds for everybody. */
  readonly next?: keyof GitAdvice | { readonly says: string };
  /** Only the first line is the reason; the others are git's own advice for people at a terminal. */
  readonly isBrief?: boolean;
}

/**
 * What git and the servers behind it say, in the C locale; the first that fits counts. Git has no error codes, so
 * its words are read here and nowhere else.
 */
const KINDS: readonly Kind[] = [
  {
    code: 'git-too-large',
    retryable: false,
    says: /out of memory|cannot allocate memory|cannot create (async )?thread/i,
    next: { says: 'Keep large files elsewhere, or raise --git-memory.' },
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /'refs\/[^']*' exists; cannot create/,
    next: { says: 'One branch has the name of a folder of another: choose other names.' },
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /branch is currently checked out|refusing to update checked out branch/i,
    next: {
      says: 'Push to a bare repository, or let this one take pushes: git config receive.denyCurrentBranch updateInstead.',
    },
    isBrief: true,
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /Working directory (is not clean|not clean|has (un)?staged changes)/i,
    next: { says: 'Commit or take back what is changed in the working directory of that repository.' },
  },
  {
    // The host's own failure, whatever it says of the ref beside it.
    code: 'git-unavailable',
    retryable: true,
    says: /No space left on device|Disk quota exceeded|Read-only file system|Input\/output error|Too many open files|Resource temporarily unavailable|Internal (Server |API )?(Connection )?error|internal API unreachable|API is not accessible|\btimed? ?out\b|unable to migrate objects|abnormal exit/i,
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /Unable to create '[^']*': Permission denied/,
    next: { says: 'The host may not write to its own repository: mend the rights of its files.' },
  },
  {
    code: 'git-head-moved',
    retryable: true,
    // Git itself, JGit, and Azure DevOps.
    says: /\[rejected\]|non-fast[- ]forward|fetch first|stale info|cannot lock ref|failed to update ref|incorrect old value|reference already exists|\((already exists|no such ref|invalid old id sent|failed to lock)\)|already been updated by another client/,
  },
  {
    code: 'git-unavailable',
    retryable: true,
    says: /returned error: (429|5\d\d)|HTTP (429|5\d\d)/,
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /\b(is|was|been) archived\b|\barchived project\b/i,
    next: { says: 'Take the repository out of the archive.' },
  },
  {
    code: 'git-unauthorized',
    retryable: false,
    says: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    next: 'knownHosts',
  },
  {
    code: 'git-unavailable',
    retryable: false,
    says: /certificate verification failed|SSL certificate problem/,
    next: { says: 'The host must have a certificate that this machine trusts.' },
  },
  {
    code: 'git-unauthorized',
    retryable: false,
    says: /Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]|Permission denied \(|insufficient permission|access forbidden|not authorized to read|account is disabled/i,
    next: 'credentials',
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /dubious ownership/,
    next: { says: 'Run Sluice as the owner of the repository.' },
  },
  {
    code: 'git-not-found',
    retryable: false,
    says: /couldn't find remote ref|not our ref|want \w+ not valid|does not allow request for unadvertised object|cannot find repository|repository (\S+ )?(not found|does not exist)|could not be found|not appear to be a git repository|returned error: (3\d\d|404)|not a tree object|not a valid (object name|commit)/i,
    next: 'place',
  },
  {
    code: 'git-refused',
    retryable: false,
    says: /\[remote rejected\]|pre-receive hook declined|protected branch|remote: error|access denied|denied to|not (allowed|enabled|authorized)|(?<!operation )not permitted|read[- ]only|write access|may only fetch|returned error: 4\d\d/i,
    next: 'push',
  },
];

const FALLBACK: Kind = { code: 'git-unavailable', retryable: true, says: /^/ };

/** All that git said, behind the error that has as much of it as people read. */
class GitWords extends Error {}

/** The error for what git said on its way out, which is kept whole for `saidBy`. */
export function classify(
  subject: string,
  said: string,
  status: number | null,
  advice: GitAdvice = FUNCTIONS_ADVICE,
): SluiceError {
  const text = withoutUser(said);
  const { code, retryable, next, isBrief = false } = KINDS.find(({ says }) => says.test(text)) ?? FALLBACK;
  const found =
    essence(text, isBrief ? 1 : MAX_LINES) || `git ended with ${status === null ? 'a signal' : `status ${status}`}`;
  const cause = new GitWords(text);
  if (next === undefined) {
    return new SluiceError({ code, subject, found, retryable, cause });
  }
  return new SluiceError({
    ...{ code, subject, found, retryable, cause },
    next: typeof next === 'string' ? advice[next] : next.says,
  });
}

/** All that git said of which an error came, or else what the error found: what code decides by, never what was cut. */
export function saidBy({ cause, found }: SluiceError): string {
  if (cause instanceof SluiceError) {
    return saidBy(cause);
  }
  return cause instanceof GitWords ? cause.message : found;
}

/** What git adds for people at a terminal, and what repeats the reason. */
const BESIDES =
  /^(hint:|warning:|To |Done$|Please make sure|and the repository exists|fatal: Could not read from remote|error: failed to push some refs|Another git process|an editor opened by|are terminated then|may have crashed|remove the file manually|To add an exception|git config --global)/;
const MAX_LINES = 4;
const MAX_LENGTH = 600;

/** The lines that carry the reason, as one. */
function essence(text: string, maxLines: number): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => !BESIDES.test(line));
  return (telling.length > 0 ? telling : lines)
    .map((line) => line.replace(/^((fatal|error|remote|ERROR): *)+/, '').replace(/\.$/, ''))
    .filter((line) => /\w/.test(line))
    .slice(0, maxLines)
    .join('; ')
    .slice(0, MAX_LENGTH);
}
