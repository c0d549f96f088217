import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { gitAt } from './git.ts';
import { newRepository, type Repository } from './repository.ts';

/** The repositories of a folder. */
export interface Repositories {
  /** Those that were asked for so far. */
  all(this: void): readonly Repository[];
  /** Undefined where there is none on disk. */
  find(this: void, name: string): Repository | undefined;
  /** The new name of what was renamed, unless there is another of the old name by now. */
  movedTo(this: void, name: string): string | undefined;
  rename(this: void, from: string, to: string): void;
}

/** Looks for `NAME.git` in a folder; what GitHub keeps beside it begins when it is first asked for. */
export function openRepositories(directory: string): Repositories {
  const known = new Map<string, Repository>();
  const moves = new Map<string, string>();
  const pathOf = (name: string) => join(directory, `${name}.git`);
  const find: Repositories['find'] = (name) => {
    const git = /^[\w.-]+$/.test(name) ? gitAt(pathOf(name)) : undefined;
    if (git === undefined) {
      return undefined;
    }
    const repository = known.get(name) ?? newRepository(known.size + 101, name, git);
    known.set(name, repository);
    return repository;
  };
  return {
    all: () => [...known.values()],
    find,
    movedTo: (name) => (find(name) === undefined ? moves.get(name) : undefined),
    rename(from, to) {
      const repository = find(from);
      renameSync(pathOf(from), pathOf(to));
      const git = gitAt(pathOf(to));
      if (repository === undefined || git === undefined) {
        throw new Error(`There is no repository ${from} on disk.`);
      }
      known.delete(from);
      known.set(to, { ...repository, name: to, git });
      moves.set(from, to);
    },
  };
}
