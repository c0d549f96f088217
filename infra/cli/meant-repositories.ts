import { parseBlockList } from '../../shared/block-list/block-list.ts';
import type { Version } from '../../shared/block-list/entry.ts';
import type { RepositoryConfig } from '../../shared/config/repository.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { filesWithSluiceFiles } from '../../shared/decision/sluice-files.ts';
import { SluiceError } from '../../shared/errors.ts';
import { imageName, parseReference } from '../../shared/image/reference.ts';
import { joinFiles } from '../../shared/manifest/join.ts';
import { scanFile } from '../../shared/manifest/scan.ts';
import { nearMiss } from '../../shared/near-miss.ts';

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
    return repositoriesNamed(url, repositories);
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

/**
 * The repositories of a URL, each with a branch of its own.
 *
 * @throws SluiceError `config-invalid` that lists the configured ones, where there is none
 */
export function repositoriesNamed(
  url: string,
  repositories: readonly WatchedRepository[],
): readonly WatchedRepository[] {
  const named = repositories.filter(({ config }) => config.url === url);
  if (named.length === 0) {
    throw notMeant(`repository ${url}`, 'one that sluice.yml names', repositories);
  }
  return named;
}

/** The images of the manifests, and of the block list as far as it can be read. */
async function knownImages({ config, host }: WatchedRepository): Promise<readonly string[]> {
  const { blockList: list, others } = await filesWithSluiceFiles(await host.head(config.branch), config.paths, host);
  const { sites } = joinFiles(
    others.map(({ path, text }) => scanFile(path, text)),
    config,
  );
  const used = sites.map(({ image }) => imageName(parseReference(image)));
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
