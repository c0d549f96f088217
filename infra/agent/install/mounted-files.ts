import { sshServer } from '../../../shared/git/address.ts';
import { HOST_KEY, keyscan } from '../git/credentials.ts';
import type { AgentSettings } from '../settings/agent-settings.ts';
import { KNOWN_HOSTS_FILE, MOUNTS } from './options.ts';

/** Where a pod has what a flag names: a directory, or for known hosts the file. */
const PLACES: Readonly<Record<string, string>> = {
  '--git-token-secret': MOUNTS.token,
  '--known-hosts': KNOWN_HOSTS_FILE,
  '--verify-secret': MOUNTS.verify,
  '--nudge-secret': MOUNTS.nudge,
  '--report-secret': MOUNTS.report,
  '--report-token-secret': MOUNTS.reportToken,
  '--age-secret': MOUNTS.age,
};

/**
 * What is wrong with the files that a pod of the agent has: settings that read what no flag puts there, flags whose
 * files no setting reads, and SSH without a host's keys, by which no pod comes up.
 *
 * @param given long names of flags
 * @param isFile whether a person wrote the settings as a file, rather than by flags
 * @param knownHosts text of the file that `--known-hosts` names
 * @returns sentences for a person, none where all is well
 */
export function fileFaults(
  given: readonly string[],
  settings: AgentSettings,
  isFile: boolean,
  knownHosts: string | undefined,
): readonly string[] {
  const read = filesOf(settings);
  const missing = read.flatMap(({ setting, file }) => {
    const flag = Object.keys(PLACES).find((one) => isWithin(file, PLACES[one]));
    return flag === undefined || given.includes(flag) ? [] : [`${setting}: expected ${flag}, which puts ${file} there`];
  });
  const idle = given
    .filter((flag) => flag in PLACES && !read.some(({ file }) => isWithin(file, PLACES[flag])))
    .map((flag) => `${flag}: expected a setting that reads ${PLACES[flag]}, found none`);
  const keys =
    knownHosts === undefined || HOST_KEY.test(knownHosts) ? [] : ['--known-hosts: expected keys of hosts, found none'];
  return [...missing, ...idle, ...keys, ...unknownHosts(settings, isFile)];
}

/** Whom the agent speaks to is never trusted blindly, and its own directory is empty when a pod begins. */
function unknownHosts({ sources }: AgentSettings, isFile: boolean): readonly string[] {
  return sources.flatMap(({ url, knownHosts }, index) => {
    const server = knownHosts === undefined ? sshServer(url) : undefined;
    if (server === undefined) {
      return [];
    }
    const setting = isFile ? `sources[${index}].knownHosts: expected ${KNOWN_HOSTS_FILE}, and ` : '';
    const file = `--known-hosts${isFile ? ' with' : ': expected a file with'} the keys of ${server.host}`;
    return [`${setting}${file}: run \`${keyscan(server)}\`, and check its output against what the host publishes`];
  });
}

/** Every file that settings name, and what names it. */
function filesOf({ sources, reportTokenFile, reportSecretFile, nudgeSecretFile }: AgentSettings) {
  const ofSources = sources.flatMap(({ credentials, knownHosts, verifyKeys, sopsAgeKeyFile }, index) =>
    Object.entries({
      'credentials.tokenFile': credentials.tokenFile,
      'credentials.sshKeyFile': credentials.sshKeyFile,
      knownHosts,
      verifyKeys,
      sopsAgeKeyFile,
    }).map(([name, file]) => ({ setting: `sources[${index}].${name}`, file })),
  );
  const own = Object.entries({ reportTokenFile, reportSecretFile, nudgeSecretFile });
  return [...own.map(([setting, file]) => ({ setting, file })), ...ofSources].flatMap(({ setting, file }) =>
    file === undefined ? [] : [{ setting, file }],
  );
}

function isWithin(file: string, place = ''): boolean {
  return file === place || file.startsWith(`${place}/`);
}
