import { messageOf } from '../errors.ts';
import { type Freeze, type FreezeInForce, freezesBeside, freezesInForce } from '../hold/freeze.ts';
import { FREEZE_FILE, parseFreezeFile } from '../hold/freeze-file.ts';
import { type Hold, longestHold } from '../hold/hold.ts';
import { SLUICE_FREEZE } from '../manifest/dialects/sluice.ts';
import type { Site } from '../manifest/site.ts';
import { type UnreadableFile, unreadableFile } from '../sluice-file/parse.ts';
import { holdOn } from './site-hold.ts';

/** What holds the sites of a repository at a moment. */
export interface Holds {
  /** What holds a site back whatever its policy says, of several what lasts longest; undefined where nothing does. */
  on(site: Site): Hold | undefined;
}

/** What time and people beside the manifests hold back. */
export interface HoldSources {
  /** The text of `.sluice/freeze.yml`, or why it has none; undefined where there is no such file. */
  readonly freezeFile: string | UnreadableFile | undefined;
  /** Those of `sluice.yml` that are of the repository. */
  readonly freezes: readonly Freeze[] | undefined;
}

/**
 * Reads what holds the sites of a repository. While its file of freezes cannot be read, all of them are held.
 *
 * @param now milliseconds since the epoch
 */
export function readHolds({ freezeFile, freezes = [] }: HoldSources, now: number): Holds {
  const inForce = [...inForceBy(freezeFile, now), ...freezesInForce(freezes, 'in sluice.yml', now)];
  const beside = new Map<string | undefined, readonly Hold[]>();
  return {
    on(site) {
      const { freeze: lines } = site;
      const own = beside.get(lines) ?? (lines === undefined ? [] : freezesBeside(lines, SLUICE_FREEZE, now));
      beside.set(lines, own);
      const locked = holdOn(site);
      const frozen = inForce.flatMap((freeze) => (freeze.covers(site) ? freeze.hold : []));
      return longestHold([...(locked === undefined ? [] : [locked]), ...frozen, ...own]);
    },
  };
}

function inForceBy(file: HoldSources['freezeFile'], now: number): readonly FreezeInForce[] {
  try {
    if (typeof file === 'object') {
      throw unreadableFile(FREEZE_FILE, file);
    }
    return freezesInForce(parseFreezeFile(file ?? ''), `in ${FREEZE_FILE}`, now);
  } catch (error) {
    const reason = `${messageOf(error)} Nothing is updated until it can be read`;
    return [{ hold: { reason, until: undefined, isFault: true }, covers: () => true }];
  }
}
