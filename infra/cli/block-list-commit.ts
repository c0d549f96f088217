import { setTimeout as sleep } from 'node:timers/promises';
import { BLOCK_LIST_FILE, parseBlockList } from '../../shared/block-list/block-list.ts';
import type { Version } from '../../shared/block-list/entry.ts';
import type { RepositoryConfig } from '../../shared/config/repository.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { filesWithSluiceFiles, sluiceFileAt } from '../../shared/decision/sluice-files.ts';
import { isSluiceError, SluiceError } from '../../shared/errors.ts';
import { imageName, parseReference } from '../../shared/image/reference.ts';
import { scanFile } from '../../shared/manifest/scan.ts';
import { nearMiss } from '../../shared/near-miss.ts';

/** What is to be said of a version in a repository's block list. */
export interface BlockListChange {
  /** The list's new text; the same as before where it says so already. */
  readonly edit: (text: string | undefined) => string;
  /** Of the commit: `Block ghcr.io/acme/web:1.2.3`. */
  readonly subject: string;
  /** Paragraphs of its message; empty ones are left out. */
  readonly why: readonly string[];
  /** `Blocked-by: Jane Doe <jane@example.com>` */
  readonly trailer: string;
}

const ATTEMPTS = 5;
const PAUSE_MILLIS = 200;

/**
 * Writes a repository's block list as one commit on its branch; where the branch moves meanwhile, anew on its new head.
 *
 * @returns the commit; undefined where the list says so already
 * @throws SluiceError `manifest-invalid` where the list cannot be read, or with a `git-…` code
 */
export async function commitBlockList(
  { config, host }: WatchedRepository,
  change: BlockListChange,
): Promise<string | undefined> {
  const { branch, author, committer, delivery } = config;
  for (let attempt = 1; ; attempt += 1) {
    const head = await host.head(branch);
    const before = await sluiceFileAt(BLOCK_LIST_FILE, head, host);
    const text = change.edit(before);
    if (text === before) {
      return undefined;
    }
    try {
      return await host.commit({
        branch,
        expectedHead: head,
        edits: [{ path: BLOCK_LIST_FILE, text, create: true }],
        message: messageOf(change, delivery.skipCi === true),
        author,
        committer,
        skipCi: delivery.skipCi === 'push-option',
      });
    } catch (error) {
      if (!isSluiceError(error, 'git-head-moved') || attempt === ATTEMPTS) {
        throw error;
      }
      await sleep(Math.random() * PAUSE_MILLIS * attempt);
    }
  }
}

function messageOf({ subject, why, trailer }: BlockListChange, skipCi: boolean): string {
  const paragraphs = [subject, ...why, skipCi ? '[ci skip]' : '', trailer];
  return `${paragraphs.filter((text) => text.trim() !== '').join('\n\n')}\n`;
}

/**
 * The repositories whose block list is meant: the named one, else those whose manifests use the image, or whose list
 * names it already.
 *
 * @param url as `sluice.yml` writes it
 * @throws SluiceError `config-invalid` that lists the configured ones, where none is meant
 */
export async function repositoriesFor(
  { image }: Version,
  url: string | undefined,
  repositories: readonly WatchedRepository[],
): Promise<readonly WatchedRepository[]> {
  if (url !== undefined) {
    const named = repositories.filter(({ config }) => config.url === url);
    if (named.length === 0) {
      throw notMeant(`repository ${url}`, 'one that sluice.yml names', repositories);
    }
    return named;
  }
  const known = await Promise.all(repositories.map(knownImages));
  const using = repositories.filter((_, index) => known[index]?.includes(image));
  if (using.length === 0) {
    throw notMeant(
      `image ${image}`,
      'a repository whose manifests use it',
      repositories,
      nearMiss(image, known.flat()),
    );
  }
  return using;
}

/** The images of the manifests, and of the block list as far as it can be read. */
async function knownImages({ config, host }: WatchedRepository): Promise<readonly string[]> {
  const { blockList: list, others } = await filesWithSluiceFiles(await host.head(config.branch), config.paths, host);
  const used = others.flatMap(({ path, text }) =>
    scanFile(path, text).sites.map((site) => imageName(parseReference(site.image))),
  );
  return [...used, ...(typeof list === 'string' ? listedImages(list) : [])];
}

function listedImages(text: string): readonly string[] {
  try {
    const { blocked, allowed } = parseBlockList(text);
    return [...blocked, ...allowed].map(({ image }) => image);
  } catch {
    // Whoever writes it finds out.
    return [];
  }
}

function notMeant(
  subject: string,
  expected: string,
  repositories: readonly WatchedRepository[],
  near?: string,
): SluiceError {
  const describe = ({ url, branch }: RepositoryConfig) => `${url} (${branch})`;
  return new SluiceError({
    code: 'config-invalid',
    subject,
    expected,
    found: `none among ${repositories.map(({ config }) => describe(config)).join(', ')}`,
    next: `${near === undefined ? 'Name' : `Did you mean ${near}? Else name`} one with --repository.`,
  });
}
