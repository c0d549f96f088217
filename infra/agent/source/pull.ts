import { moveTag } from '../../../shared/git/marker.ts';
import { type MirrorOptions, openMirror } from '../../../shared/git/mirror.ts';
import { listTree, readBlobs } from '../../../shared/git/tree.ts';
import type { SourceFile } from '../render/render.ts';

const MANIFEST = /\.(ya?ml|json)$/i;
const AUTHOR = { name: 'sluice-agent', email: 'sluice-agent@users.noreply.localhost' };

/** The repository that the agent follows. */
export interface Source {
  /** The head of the branch, asked of the host. @throws SluiceError `git-…` */
  readonly head: () => Promise<string>;
  /** The manifests of a commit that `head` gave. */
  read(commit: string): Promise<readonly SourceFile[]>;
  /** Puts the marker tag on a commit. @throws SluiceError where the key may only read */
  mark(tag: string, commit: string, agent: string, seconds: number): Promise<void>;
}

/** Opens a source; nothing is fetched yet. `paths` are folders or files, `''` is the root. */
export function openSource(options: MirrorOptions, branch: string, paths: readonly string[]): Source {
  const mirror = openMirror(options);
  return {
    head: async () => mirror.fetchHead(branch),
    async read(commit) {
      const entries = (await listTree(mirror, commit, paths)).filter(({ path }) => MANIFEST.test(path));
      const contents = await readBlobs(
        mirror,
        entries.map(({ blob }) => blob),
      );
      return entries.map(({ path }, index) => ({ path, text: contents[index]?.toString('utf8') ?? '' }));
    },
    async mark(tag, commit, agent, seconds) {
      await moveTag(mirror, tag, commit, { message: `Applied by ${agent}`, tagger: AUTHOR, seconds });
    },
  };
}
