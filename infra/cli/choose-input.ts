import { SluiceError } from '../../shared/errors.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';

/** A registry with more tags than that is swept, and not tried by hand. */
const MAX_TAGS = 100_000;
export const MAX_BYTES = 16 * 1024 * 1024;
/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const LONGEST_TAG = 128;
/** Letters, marks and digits: what no tag has is taken as well, to see a policy refuse it. */
const TEXT = /^[!-~]+$/;
/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/**
 * Reads tags, one a line: `tag`, and behind tabs the time at which its image was built (RFC 3339) and its digest, both of
 * which may be missing. Empty lines are passed over.
 *
 * @param name of the file, for errors
 * @throws SluiceError `message-invalid` with the number of the line
 */
export function parseTags(name: string, text: string): readonly TagFacts[] {
  const lines = text.split(/\r?\n/);
  const tags = new Map<string, TagFacts>();
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') {
      continue;
    }
    const facts = parseTag(line, `${name} line ${at + 1}`);
    if (tags.has(facts.tag)) {
      throw invalid(`${name} line ${at + 1}`, 'each tag once', `${facts.tag} again`);
    }
    tags.set(facts.tag, facts);
    if (tags.size > MAX_TAGS) {
      throw invalid(name, `at most ${MAX_TAGS} tags`, 'more');
    }
  }
  return [...tags.values()];
}

/**
 * Reads the tag that stands at a site, with its digest where that stands there too.
 *
 * @throws SluiceError `message-invalid`
 */
export function parseCurrent(text: string): Pick<TagFacts, 'tag' | 'digest'> {
  const [, tag = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  if (tag.length > LONGEST_TAG || !TEXT.test(tag) || (digest !== undefined && !DIGEST.test(digest))) {
    throw invalid('--current', 'a tag, with @sha256:… where its digest does', JSON.stringify(text));
  }
  return { tag, digest };
}

/**
 * Reads a time, RFC 3339, as milliseconds since the epoch.
 *
 * @param option that it is the value of, for errors
 * @throws SluiceError `message-invalid`
 */
export function parseMoment(option: string, text: string): number {
  if (!isTime(text)) {
    throw invalid(option, 'a time like 2026-11-30T12:00:00Z', JSON.stringify(text));
  }
  return Date.parse(text);
}

function parseTag(line: string, place: string): TagFacts {
  const [tag = '', created = '', digest = '', ...others] = line.split('\t').map((part) => part.trim());
  if (tag.length > LONGEST_TAG || !TEXT.test(tag)) {
    const found = tag.length > LONGEST_TAG ? `${tag.length} characters` : JSON.stringify(tag);
    throw invalid(place, `a tag of at most ${LONGEST_TAG} characters without a space`, found);
  }
  if (created !== '' && !isTime(created)) {
    throw invalid(place, 'a time like 2026-11-30T12:00:00Z behind the tag', JSON.stringify(created));
  }
  if ((digest !== '' && !DIGEST.test(digest)) || others.length > 0) {
    const found = others.length > 0 ? 'more' : JSON.stringify(digest);
    throw invalid(place, 'a digest like sha256:… behind the time, and no more', found);
  }
  return { tag, created: created || undefined, digest: digest || undefined };
}

/** `Date.parse` takes the thirtieth of February for the second of March. */
function isTime(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return TIME.test(text) && !Number.isNaN(Date.parse(text)) && day <= days;
}

function invalid(subject: string, expected: string, found: string): SluiceError {
  return new SluiceError({ code: 'message-invalid', subject, expected, found });
}
