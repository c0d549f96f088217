import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { waitFor } from '../daemon.ts';
import { cgroupRoots } from './cgroups.ts';

/** Joins the cgroup $0, and keeps what it reads until a line ends, which none does. */
const TAKE_MEMORY = 'echo $$ > "$0/cgroup.procs" && exec tail /dev/zero';

/** The highest: the kernel ends such a process first (https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html). */
const FIRST_TO_END = '1000';

/** Where the kernel counts the memory of a container, as seen from outside of its node. */
export class ContainerCgroup {
  readonly #path: string;

  /**
   * @param run the directory of the nodes, whose base name is that of their cgroups
   * @param containerId 64 hexadecimal digits
   * @throws Error where there is none
   */
  constructor(run: string, containerId: string) {
    const found = cgroupRoots()
      .filter((root) => existsSync(join(root, basename(run))))
      .flatMap((root) => globSync(`${basename(run)}/**/${containerId}`, { cwd: root }).map((path) => join(root, path)))
      .find((path) => existsSync(join(path, 'memory.stat')));
    if (found === undefined) {
      throw new Error(`container ${containerId}: expected a cgroup that counts memory, found none`);
    }
    this.#path = found;
  }

  /** Process id, outside, of what the first process of the container runs. @throws Error where that has ended */
  mainProcess(): number {
    const pids = readFileSync(join(this.#path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    const says = (line: RegExp) => pids.find((pid) => line.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
    const first = says(/^NSpid:.*\t1$/m);
    const main = says(new RegExp(`^PPid:\t${first}$`, 'm'));
    if (main === undefined)
      throw new Error(`${this.#path}: expected a child of its first process, found ${pids.join()}`);
    return main;
  }

  /**
   * Takes up all of the container's memory, by a process from outside: the kernel ends the container's main process, which
   * has to be of some size beside that one, and then that one.
   */
  async fill(): Promise<void> {
    const main = this.mainProcess();
    writeFileSync(`/proc/${main}/oom_score_adj`, FIRST_TO_END);
    const taker = spawn('sh', ['-c', TAKE_MEMORY, this.#path], { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(taker, 'exit');
    // It is gone when the runtime has seen its end.
    const isGone = () => !existsSync(`/proc/${main}`);
    await waitFor(`process ${main} is ended for its memory`, isGone, { timeoutMillis: 10_000 });
  }
}
