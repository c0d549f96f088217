import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Who runs the command, as Git would write them: `Jane Doe <jane@example.com>`; else the name of the account.
 *
 * @param variables the process's
 */
export async function personOf(variables: Readonly<Record<string, string | undefined>>): Promise<string> {
  const read = async (key: string) => {
    try {
      const { stdout } = await promisify(execFile)('git', ['config', '--get', key], { env: { ...variables } });
      return stdout.trim();
    } catch {
      // Not set, or no git on this machine.
      return '';
    }
  };
  const [name, email] = await Promise.all([read('user.name'), read('user.email')]);
  const person = name || variables['USER'] || 'unknown';
  return email === '' ? person : `${person} <${email}>`;
}
