import * as z from 'zod';
import { isSluiceError, SluiceError } from '../../errors.ts';
import { refusalOf } from './errors.ts';
import { type GitHubReply, isSuccess } from './reply.ts';

export interface Asked {
  readonly subject: string;
  readonly api: string;
  /** Without credentials. */
  readonly isAnonymous: boolean;
}

const repositorySchema = z.object({ full_name: z.string(), html_url: z.string(), archived: z.boolean().optional() });
type RepositoryFacts = z.infer<typeof repositorySchema>;

/**
 * The error for a refusal. Where its status may mean several things, the repository is looked at: GitHub's words are
 * for people, and change.
 */
export async function explain(
  reply: GitHubReply,
  { subject, isAnonymous }: Asked,
  look: () => Promise<GitHubReply>,
): Promise<SluiceError> {
  const { status, headers } = reply;
  if (status >= 300 && status < 400) {
    const now = await factsOf(look);
    return movedTo(subject, now?.html_url ?? withoutQuery(headers['location']));
  }
  if (status === 403 && !isAnonymous && (await factsOf(look))?.archived === true) {
    return new SluiceError({
      code: 'git-refused',
      subject,
      expected: 'a repository that takes commits',
      found: 'an archived one (status 403)',
      next: 'Unarchive it, or take it out of sluice.yml.',
    });
  }
  return refusalOf(subject, reply, isAnonymous);
}

async function factsOf(look: () => Promise<GitHubReply>): Promise<RepositoryFacts | undefined> {
  try {
    const reply = await look();
    return isSuccess(reply) ? repositorySchema.safeParse(reply.data).data : undefined;
  } catch (error) {
    // What was asked first is what is told.
    if (isSluiceError(error)) {
      return undefined;
    }
    throw error;
  }
}

function movedTo(subject: string, place: string): SluiceError {
  return new SluiceError({
    code: 'git-not-found',
    subject,
    expected: 'the repository at this url',
    found: `it moved to ${place}`,
    next: 'Put its new url into sluice.yml.',
  });
}

function withoutQuery(location: string | undefined): string {
  return location?.replace(/[?#].*$/, '') ?? 'another place';
}
