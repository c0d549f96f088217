import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { git } from './stage.ts';

const COMMITTER = ['-c', 'user.name=A developer', '-c', 'user.email=developer@localhost', '-c', 'commit.gpgsign=false'];

/** The branch `main` of a bare repository, as a developer changes it. */
export class Branch {
  readonly #bare: string;
  readonly #tree: string;

  /** @param tree where its checkout is made */
  constructor(bare: string, tree: string) {
    this.#bare = bare;
    this.#tree = tree;
  }

  /** The bare repository. */
  get repository(): string {
    return this.#bare;
  }

  /** Commits files by their paths, undefined for one that goes; returns the commit. */
  commit(files: Readonly<Record<string, string | undefined>>): string {
    const tree = this.#tree;
    if (!existsSync(tree)) git(dirname(tree), 'clone', '--quiet', '--branch=main', this.#bare, tree);
    for (const [path, text] of Object.entries(files)) {
      const file = join(tree, path);
      mkdirSync(dirname(file), { recursive: true });
      if (text === undefined) rmSync(file);
      else writeFileSync(file, text);
    }
    git(tree, 'add', '--all');
    git(tree, ...COMMITTER, 'commit', '--quiet', `--message=Change ${Object.keys(files).join(', ')}`);
    git(tree, 'push', '--quiet', 'origin', 'main');
    return git(tree, 'rev-parse', 'HEAD').trim();
  }
}
