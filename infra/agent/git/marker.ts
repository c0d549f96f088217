import type { Mirror } from './mirror.ts';

/** Who an annotated tag is by. */
export interface Tagger {
  readonly name: string;
  readonly email: string;
}

/**
 * Moves an annotated tag to a revision at the host, by force: a marker says where something is now, and has no history.
 *
 * @param seconds since the epoch
 * @throws SluiceError `git-unauthorized` or `git-refused` where the credentials may only read
 */
export async function moveTag(
  mirror: Mirror,
  tag: string,
  revision: string,
  { message, tagger, seconds }: { readonly message: string; readonly tagger: Tagger; readonly seconds: number },
): Promise<void> {
  const text = [
    `object ${revision}`,
    'type commit',
    `tag ${tag}`,
    `tagger ${tagger.name} <${tagger.email}> ${seconds} +0000`,
    '',
    `${message}\n`,
  ].join('\n');
  const object = (await mirror.local(['mktag'], { input: text })).toString('utf8').trim();
  await mirror.forceTag(tag, object);
}
