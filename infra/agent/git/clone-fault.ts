import type { SluiceError } from '../../../shared/errors.ts';
import { saidBy } from '../../../shared/git/failure.ts';

/** What git says of a repository that a crash, a full disk or a person has spoilt. */
const DAMAGED =
  /bad (object|tree object|shallow line|config)|corrupt|not a git repository|unable to (read|unpack)|Could not read [0-9a-f]{40}|Can't load tree|missing (blob|tree|commit)|reference broken|unexpected line in|key does not contain|did not send all necessary objects|(non-directory|not a directory) in the way|unable to create directory|far too short to be a packfile|inflate: data stream error|(index file|packfile) \S+ (is too small|is corrupt|has bad|has no|does not match|cannot be)/i;
/** Another process is at work in the same clone: it has a lock, or has removed a folder of objects that was empty. */
const CONTENDED =
  /Unable to create '.+\.lock': File exists|cannot lock ref|shallow file has changed|unable to write file .+: No such file or directory/;
const LOCK = /Unable to create '(.+\.lock)': File exists/;

/**
 * Does git say that the clone on this machine is spoilt? All that it said is looked at, as its reason may stand behind
 * any number of long paths; but no name of a place, which may have any words in it, and not what the host's git says
 * of its own.
 *
 * @param home where the clone is
 */
export function isDamage(error: SluiceError, home: string): boolean {
  const own = saidBy(error)
    .replaceAll(home, '')
    .split('\n')
    .filter((line) => !line.startsWith('remote: '))
    .map((line) => line.replaceAll(/'[^']*'/g, "''").replaceAll(/\S*\/\S+/g, 'PLACE'));
  return own.some((line) => DAMAGED.test(line));
}

/** Does git say that another process was in its way? */
export function isContention(error: SluiceError): boolean {
  return CONTENDED.test(saidBy(error));
}

/** The lock that was in its way, where it names one. */
export function lockOf(error: SluiceError): string | undefined {
  return LOCK.exec(saidBy(error))?.[1];
}
