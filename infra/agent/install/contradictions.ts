import { SluiceError } from '../../../shared/errors.ts';
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

/**
 * Refuses flags that would be of no effect.
 *
 * @param given their long names
 * @param file the one of `--config`
 * @throws SluiceError `config-invalid` with every fault at once
 */
export function refuseContradictions(
  given: readonly string[],
  file: string | undefined,
  { tenants, appliesAsItself }: Pick<Needs, 'tenants' | 'appliesAsItself'>,
): void {
  const faults = given.flatMap((flag) => [
    ...(file !== undefined && flag in SAID_IN_FILE ? [`${flag}: expected it in ${SAID_IN_FILE[flag]} alone`] : []),
    ...(!appliesAsItself && OWN_RIGHTS.has(flag)
      ? [`${flag}: expected a source without an account, found that all is applied as ${tenants.join(', ')}`]
      : []),
  ]);
  if (faults.length > 0) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: file ?? 'sluice install',
      found: faults.join('\n  '),
      next: 'Leave these flags out; what an account may apply is told by the roles that you give it.',
    });
  }
}
