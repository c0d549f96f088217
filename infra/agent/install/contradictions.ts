import { SluiceError } from '../../../shared/errors.ts';
import { fileFaults } from './mounted-files.ts';
import type { Needs } from './needs.ts';

/** The flags that stand for fields of agent.yml, and where a file says the same. */
const SAID_IN_FILE: Readonly<Record<string, string>> = {
  '--git-url': 'sources of the file',
  '--git-branch': 'sources of the file',
  '--git-path': 'sources of the file',
  '--verify': 'sources of the file',
  '--variables-from': 'sources of the file',
  '--no-marker': 'sources of the file',
  '--as': 'sources of the file',
  '--report-function': 'the file',
  '--report-region': 'the file',
  '--report-endpoint': 'the file',
};

/** The flags that say what the agent may apply as itself. */
const OWN_RIGHTS: ReadonlySet<string> = new Set(['--target-namespace', '--allow']);

/** What a person who installs an agent gave. */
export interface Given {
  /** Long names of flags. */
  readonly flags: readonly string[];
  /** The path that `--config` names. */
  readonly file: string | undefined;
  /** The text of the file that `--known-hosts` names. */
  readonly knownHosts: string | undefined;
}

/**
 * Refuses flags that would be of no effect, and what no pod could come up with.
 *
 * @throws SluiceError `config-invalid` with every fault at once
 */
export function refuseContradictions({ flags, file, knownHosts }: Given, needs: Needs): void {
  const faults = [
    ...flags.flatMap((flag) => faultsOf(flag, file, needs)),
    ...fileFaults(flags, needs.settings, file !== undefined, knownHosts),
  ];
  if (faults.length > 0) {
    const found = faults.join('\n  ');
    throw new SluiceError({ code: 'config-invalid', subject: file ?? 'sluice install', found });
  }
}

function faultsOf(flag: string, file: string | undefined, needs: Needs): readonly string[] {
  const { tenants, appliesAsItself, settings } = needs;
  const callsAws = settings.reportFunction !== undefined || settings.nudgeQueue !== undefined;
  return [
    ...(file !== undefined && flag in SAID_IN_FILE ? [`${flag}: expected it in ${SAID_IN_FILE[flag]} alone`] : []),
    ...(!appliesAsItself && OWN_RIGHTS.has(flag)
      ? [
          `${flag}: expected a source without an account, found that all is applied as ${tenants.join(', ')}, with what your roles allow`,
        ]
      : []),
    ...(flag === '--aws-role' && !callsAws
      ? ['--aws-role: expected a function that takes reports, or a queue of nudges: nothing else asks AWS']
      : []),
  ];
}
