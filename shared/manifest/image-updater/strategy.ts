import { didYouMean } from '../../near-miss.ts';
import { calverFormat } from './calver-layout.ts';
import type { ImagePolicy } from './settings.ts';

/** What ranks the tags, from what stands behind the image's colon; empty where nothing does. */
type Strategy = (constraint: string) => ImagePolicy;

const newestBuild: Strategy = () => ({ line: 'newest-build' });
const alphabetical: Strategy = () => ({ line: 'alphabetical:asc' });

/** Every strategy by its name; `latest` and `name` are the older names of the ones before them. */
const STRATEGIES: ReadonlyMap<string, Strategy> = new Map<string, Strategy>([
  ['semver', semver],
  ['newest-build', newestBuild],
  ['latest', newestBuild],
  ['alphabetical', alphabetical],
  ['name', alphabetical],
  ['digest', digest],
  ['calver', calver],
]);

/**
 * The first part of a line for a strategy and a constraint. The updater takes an unknown strategy for `semver`; here
 * it is refused, for nobody knows which tags it was to take.
 *
 * @param name as it is written, in any case; empty where nothing is
 * @see https://argocd-image-updater.readthedocs.io/en/stable/basics/update-strategies/
 */
export function rankingFor(name: string, constraint: string): ImagePolicy {
  const strategy = STRATEGIES.get(name === '' ? 'semver' : name.toLowerCase());
  if (strategy === undefined) {
    const known = [...STRATEGIES.keys()];
    const hint = didYouMean(name, known) || `; there are ${known.join(', ')}`;
    return { refused: `the update strategy ${JSON.stringify(name)} is unknown${hint}` };
  }
  // It would end what is read of the line, and begin a clause that nobody wrote.
  return /[;\n]/.test(constraint)
    ? { refused: `the constraint ${JSON.stringify(constraint)} is none: it has a semicolon or more than one line` }
    : strategy(constraint);
}

/** Without a constraint any version is taken, and no prerelease. */
function semver(constraint: string): ImagePolicy {
  return { line: `semver:${constraint === '' ? '*' : constraint}` };
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const TAG = /^\w[\w.-]{0,127}$/;

function digest(constraint: string): ImagePolicy {
  return TAG.test(constraint)
    ? { line: `tag:${constraint}; pin` }
    : {
        refused: `the update strategy digest follows one tag, which is written behind the image, as in app:main; ${
          constraint === '' ? 'none is' : `${JSON.stringify(constraint)} is none`
        }`,
      };
}

const DEFAULT_LAYOUT = 'YYYY.0M.0D';

function calver(constraint: string): ImagePolicy {
  const layout = constraint === '' ? DEFAULT_LAYOUT : constraint;
  const format = calverFormat(layout);
  if ('refused' in format) {
    return format;
  }
  const isWithPrefix = /^[a-z]/.test(layout);
  return { line: `calver:${format.format}${isWithPrefix ? '' : '; filter ^[vV]?(.*)$; extract $1'}` };
}
