import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run folder's name says: which process made it, and when that one was started, in clock ticks since boot. */
interface Owner {
  readonly pid: number;
  readonly startTime: string;
}

/**
 * Makes a folder for one run below the temporary directory, `<kind>-<pid>-<start time>-<random>`, and first removes those of the same
 * kind whose maker is gone. The owner stands in the name, so that no moment is without one; the start time tells a process from a later
 * one that was given the same pid. `release` gives back what lies elsewhere under a folder's name, before the folder goes.
 */
export async function makeRunFolder(
  kind: string,
  release: (folderName: string) => Promise<void> = async () => undefined,
): Promise<string> {
  for (const name of abandonedFolders(kind)) {
    await release(name);
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${kind}-${process.pid}-${startTimeOf(process.pid)}-`));
}

/** Names of the run folders of a kind whose maker no longer runs. */
export function abandonedFolders(kind: string): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => {
    const owner = ownerOf(kind, name);
    return owner !== undefined && startTimeOf(owner.pid) !== owner.startTime;
  });
}

function ownerOf(kind: string, folderName: string): Owner | undefined {
  if (!folderName.startsWith(`${kind}-`)) return undefined;
  const [, pid, startTime] = /^(\d+)-(\d+)-\w+$/.exec(folderName.slice(kind.length + 1)) ?? [];
  return pid === undefined || startTime === undefined ? undefined : { pid: Number(pid), startTime };
}

/** Field 22 of /proc/PID/stat (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html); undefined for a process that is gone or only waits to be reaped. */
function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH where it ended between the opening and the reading.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
  // The command in the second field may hold spaces and parentheses: the last one ends it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
