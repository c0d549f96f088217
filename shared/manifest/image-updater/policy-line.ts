import { didYouMean } from '../../near-miss.ts';
import { filterClauses } from '../../policy/line.ts';
import type { ImagePolicy, UpdateSettings } from './settings.ts';
import { rankingFor } from './strategy.ts';

/** Of one image; a line of Sluice has 1,024 characters. */
const MAX_IGNORED = 100;

/**
 * The line of Sluice that takes the same tags: `semver:~1.2; allow regexp:^v; ignore *-rc*`. What cannot be read is
 * refused with the words for it; a constraint or an expression that is none is left to the reader of lines.
 *
 * @param constraint what stands behind the image's colon; empty where nothing does
 */
export function policyFor(constraint: string, settings: UpdateSettings): ImagePolicy {
  const { strategy = '', allowTags = '' } = settings;
  // An empty pattern fits no tag.
  const ignore = settings.ignoreTags?.map((glob) => glob.trim()).filter((glob) => glob !== '');
  const ranking = rankingFor(strategy, constraint);
  const allow = allowOf(allowTags);
  if ('refused' in ranking) {
    return ranking;
  }
  if ('refused' in allow) {
    return allow;
  }
  const refused = ignoreFault(ignore) ?? platformFault(settings.platforms);
  return refused === undefined
    ? { line: `${ranking.line}${filterClauses({ allow: allow.pattern, ignore })}` }
    : { refused };
}

type Allow = { readonly pattern: string | undefined } | { readonly refused: string };

const FUNCTION = /^([^:]*):(.*)$/s;

/** `regexp:EXPRESSION`, or `any` for no filter; the updater takes no tag at all by anything else. */
function allowOf(text: string): Allow {
  if (text === '' || text.toLowerCase() === 'any') {
    return { pattern: undefined };
  }
  const [, name = '', pattern = ''] = FUNCTION.exec(text) ?? [];
  if (name.toLowerCase() !== 'regexp') {
    const hint = didYouMean(name === '' ? text : name, ['regexp', 'any']);
    return { refused: `allow-tags is ${JSON.stringify(text)}; expected regexp: and an expression, or any${hint}` };
  }
  // Both ends of a clause are trimmed, and tags have neither spaces nor more lines than one.
  return pattern.trim() === pattern && pattern !== '' && !pattern.includes('\n')
    ? { pattern: `regexp:${pattern}` }
    : { refused: `allow-tags is ${JSON.stringify(text)}; expected an expression without spaces around it` };
}

function ignoreFault(globs: readonly string[] | undefined): string | undefined {
  if (globs !== undefined && globs.length > MAX_IGNORED) {
    return `ignore-tags has ${globs.length} patterns; expected ${MAX_IGNORED} at most`;
  }
  const odd = globs?.find((glob) => /[,\n]/.test(glob));
  return odd === undefined
    ? undefined
    : `ignore-tags has ${JSON.stringify(odd)}; expected each pattern as an item of its own`;
}

const PLATFORM = /^[^/\s]+\/[^/\s]+(?:\/[^/\s]+)?$/;

function platformFault(platforms: readonly string[] | undefined): string | undefined {
  const odd = platforms?.find((platform) => !PLATFORM.test(platform));
  return odd === undefined
    ? undefined
    : `platforms has ${JSON.stringify(odd)}; expected platforms like linux/amd64 or linux/arm/v7`;
}
