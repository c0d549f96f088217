import { readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { isSluiceError } from '../../../shared/errors.ts';
import { openPlainGit } from '../../../shared/git-host/git/open.ts';
import { openGitHub } from '../../../shared/git-host/github/open.ts';
import { openGitLab } from '../../../shared/git-host/gitlab/open.ts';
import type { GitHost } from '../../../shared/git-host/port.ts';
import type { Reading } from './readings.ts';

/** Reads repositories one after the other, as its standard input says, and tells of each what it took at most. */
const readings = JSON.parse(await text(process.stdin)) as readonly Reading[];
const REVISION = '1'.repeat(40);

function open({ host, url, api }: Reading): GitHost {
  const times = { timeoutMillis: 300_000, now: () => Date.now() };
  const hosts = {
    gitlab: () => openGitLab({ url, api, ...times }),
    github: () => openGitHub({ url, api, credentials: { kind: 'none' }, ...times }),
    git: () => openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis: times.timeoutMillis }),
  };
  return hosts[host]();
}

const WORKS: Readonly<Record<Reading['work'], (host: GitHost, paths: readonly string[]) => Promise<unknown>>> = {
  files: async (host, paths) => (await host.files(await host.head('main'), paths)).length,
  'changed files': async (host) => {
    const { head, changed = [] } = await host.compare(REVISION, 'main');
    return (await host.files(head, changed)).length;
  },
  file: async (host, [path = '']) => (await host.fileAt(REVISION, path)) ?? 'none',
  head: async (host) => host.head('main'),
  history: async (host) => (await host.history('main')).length,
  compare: async (host) => host.compare(REVISION, 'main'),
  'pull requests': async (host) => (await host.pullRequests?.list('main', 'sluice/'))?.map(({ branch }) => branch),
};

/** @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function peakBytes(): number {
  const [, kibibytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

// The way to a host takes its own memory at first.
await fetch(readings[0]?.url ?? '').then(async (reply) => reply.text());
const before = peakBytes();
const results: unknown[] = [];
for (const reading of readings) {
  globalThis.gc?.();
  // The highest mark falls to what is taken now.
  writeFileSync('/proc/self/clear_refs', '5');
  const outcome = await WORKS[reading.work](open(reading), reading.paths).catch((error: unknown) =>
    isSluiceError(error) ? { code: error.code, message: error.message } : { code: 'none', message: String(error) },
  );
  results.push({ outcome, bytes: peakBytes() - before });
}
process.stdout.write(JSON.stringify(results));
