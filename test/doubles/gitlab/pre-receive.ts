import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { badRequest } from './answer.ts';
import type { Project } from './projects.ts';

/** What of a hook's words reaches people: https://docs.gitlab.com/administration/server_hooks/#custom-error-messages */
const FOR_PEOPLE = /^(?:GitLab:|GL-HOOK-ERR:)\s*(.+)$/gm;

/**
 * Asks the repository's server hook, where there is one, about a change of a ref.
 *
 * @param change `OLD NEW REF\n`
 */
export async function runPreReceive({ directory }: Project, change: string): Promise<void> {
  const hook = join(directory, 'hooks', 'pre-receive');
  if (!existsSync(hook)) {
    return;
  }
  const child = spawn(hook, [], { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(change);
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const [said, told, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) {
    const words = [...`${told}\n${said}`.matchAll(FOR_PEOPLE)].map((match) => match[1]);
    throw badRequest(words.join('\n'));
  }
}
