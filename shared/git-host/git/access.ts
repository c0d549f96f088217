import type { RemoteRepository } from '../../git/wire/repository.ts';

/**
 * Whether the repository takes a push of ours, as far as it tells before one.
 *
 * @throws SluiceError `git-not-found` where there is no such branch
 */
export async function canWrite(repository: RemoteRepository, branch: string): Promise<boolean> {
  await repository.fetchHead(branch);
  return repository.isWritable();
}
