import { createHash } from 'node:crypto';
import type { RepositoryConfig } from '../../shared/config/repository.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { SluiceError } from '../../shared/errors.ts';
import {
  type CommitRequest,
  FILE_HISTORY_PAGE,
  FILE_HISTORY_PAGES,
  type FileCommit,
  type GitHost,
} from '../../shared/git-host/port.ts';

/** A repository in memory, with one branch; what it refuses it refuses as a host does. */
export interface MemoryGitHost extends GitHost {
  readonly commits: readonly CommitRequest[];
  /** Somebody else commits these files, at a time of their clock in milliseconds since the epoch. */
  push(files: Readonly<Record<string, string>>, message?: string, committedAt?: number): string;
  /** Called before a commit is looked at: somebody may be quicker. */
  beforeCommit: () => void;
}

export function memoryGitHost(first: Readonly<Record<string, string>>): MemoryGitHost {
  const revisions = new Map<string, Readonly<Record<string, string>>>();
  const commits: CommitRequest[] = [];
  const past: FileCommit[] = [];
  const at = () => Date.parse('2026-11-23T00:00:00Z') + past.length * 60_000;
  const tell = (revision: string, message: string, committedAt = at()) => {
    const [before] = past;
    const parents = before === undefined ? [] : [before.revision];
    past.unshift({ revision, message, parents, committedAt, depth: 1 });
  };
  let head = '';
  const put = (files: Readonly<Record<string, string>>) => {
    head = hash(JSON.stringify([head, files]));
    revisions.set(head, files);
    return head;
  };
  tell(put(first), 'First\n');
  const host: MemoryGitHost = {
    commits,
    beforeCommit: () => {},
    push(files, message = 'Somebody else\n', committedAt = at()) {
      const revision = put({ ...revisions.get(head), ...files });
      tell(revision, message, committedAt);
      return revision;
    },
    head: async () => head,
    async compare(revision) {
      const [before, after] = [revisions.get(revision), revisions.get(head)];
      const paths = Object.keys({ ...before, ...after });
      return { head, changed: before && paths.filter((path) => before[path] !== after?.[path]) };
    },
    history: async () => past,
    async *fileHistory(_branch, revision, path) {
      const textIn = (id: string | undefined) => revisions.get(id ?? '')?.[path];
      const from = past.findIndex((commit) => commit.revision === revision);
      const found = past
        .slice(from)
        .filter((commit) => textIn(commit.revision) !== textIn(commit.parents[0]))
        .slice(0, FILE_HISTORY_PAGE * FILE_HISTORY_PAGES);
      for (const [index, commit] of found.entries()) {
        yield { ...commit, depth: index + 1 };
      }
    },
    fileAt: async (revision, path) => revisions.get(revision)?.[path],
    canWrite: async () => true,
    async files(revision, paths) {
      const files = revisions.get(revision);
      if (files === undefined) {
        throw new SluiceError({ code: 'git-not-found', subject: 'repository', found: `no revision ${revision}` });
      }
      return Object.entries(files)
        .filter(([path]) => paths.some((one) => one === '' || path === one || path.startsWith(`${one}/`)))
        .map(([path, text]) => ({ path, text, blob: hash(text) }));
    },
    async commit(request) {
      host.beforeCommit();
      if (request.expectedHead !== head) {
        throw new SluiceError({
          code: 'git-head-moved',
          subject: 'repository',
          found: 'another head',
          retryable: true,
        });
      }
      commits.push(request);
      const revision = put({
        ...revisions.get(head),
        ...Object.fromEntries(request.edits.map(({ path, text }) => [path, text])),
      });
      tell(revision, request.message);
      return revision;
    },
  };
  return host;
}

/** It as a configured repository. */
export function watched(host: GitHost): WatchedRepository {
  const config: RepositoryConfig = {
    url: 'https://git.example.com/hello.git',
    branch: 'main',
    paths: [''],
    delivery: { mode: 'commit', skipCi: false, message: {} },
    author: { name: 'Sluice', email: 'sluice@example.com' },
  };
  return { config, host };
}

function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
