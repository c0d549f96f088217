import { isSluiceError } from '../errors.ts';

/** What is asked for; undefined where it is longer than it may be. */
export async function unlessTooLarge<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isSluiceError(error, 'git-too-large')) {
      return undefined;
    }
    throw error;
  }
}
