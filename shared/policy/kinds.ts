import { alphabetical } from './alphabetical.ts';
import { calendar } from './calendar.ts';
import { newestBuild } from './created.ts';
import { digest } from './digest.ts';
import { globScheme } from './glob.ts';
import { keel } from './keel.ts';
import { namedTag } from './named-tag.ts';
import { numerical } from './numerical.ts';
import { regexpScheme } from './regexp.ts';
import type { Scheme } from './scheme.ts';
import { semver } from './semver.ts';

/** Words behind a policy that change how it is read. */
export type Option = 'prereleases' | 'strict' | 'any-prerelease' | 'same-tag';

/** A kind of policy. */
export interface Kind {
  /** What stands behind its name and a colon: `~1.2` of `semver:~1.2`. */
  readonly argument: 'needed' | 'optional' | 'none';
  /** The words that it heeds. */
  readonly options: readonly Option[];
  /**
   * @param policy the whole line, for errors
   * @throws SluiceError `policy-invalid`
   */
  read(policy: string, argument: string, has: (option: Option) => boolean): Scheme;
}

const regexp: Kind = { argument: 'needed', options: [], read: regexpScheme };
const newest: Kind = { argument: 'none', options: [], read: () => newestBuild };

/** Every kind of policy by the name that it is written with. A text without one is a glob. */
export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    'semver',
    {
      argument: 'needed',
      options: ['prereleases', 'strict'],
      read: (policy, range, has) => semver(policy, range, { prereleases: has('prereleases'), strict: has('strict') }),
    },
  ],
  ['glob', { argument: 'needed', options: [], read: globScheme }],
  ['regexp', regexp],
  ['regex', regexp],
  ['alphabetical', { argument: 'optional', options: [], read: alphabetical }],
  ['numerical', { argument: 'optional', options: [], read: numerical }],
  ['calver', { argument: 'needed', options: [], read: calendar }],
  ['newest-build', newest],
  ['latest-created', newest],
  ['digest', { argument: 'none', options: [], read: () => digest }],
  ['tag', { argument: 'needed', options: [], read: namedTag }],
  [
    'keel',
    {
      argument: 'needed',
      options: ['any-prerelease', 'same-tag'],
      read: (policy, name, has) =>
        keel(policy, name, { anyPrerelease: has('any-prerelease'), sameTag: has('same-tag') }),
    },
  ],
]);
