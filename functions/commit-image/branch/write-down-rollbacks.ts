import { BLOCK_LIST_FILE } from '../../../shared/block-list/block-list.ts';
import { newNotes, type RollbackNotes, withRollbacks } from '../../../shared/block-list/edit.ts';
import type { RolledBackVersion } from '../../../shared/block-list/entry.ts';
import { sluiceFileAt } from '../../../shared/decision/sluice-files.ts';
import { SluiceError } from '../../../shared/errors.ts';
import { siteKey } from '../../../shared/history/trailers.ts';
import { MAX_LENGTH } from '../../../shared/sluice-file/parse.ts';
import { rollbackMessage } from '../message/rollback-message.ts';
import type { BranchWriter } from './branch-writer.ts';
import type { CommitResult } from './commit-result.ts';

/** The other half is left to people: a list that is too long could not be read, and would hold everything back. */
const MOST_CHARACTERS = MAX_LENGTH / 2;

/**
 * Writes rollbacks down that lie so far back that history will not tell of them for much longer, on the branch that the
 * updates went to, and takes those out that were overtaken. What comes of it stops no update: it is done again with the
 * next one.
 */
export async function writeDownRollbacks(
  { notes, notesAt: position }: CommitResult,
  writer: BranchWriter,
): Promise<void> {
  if (position === undefined) {
    return;
  }
  const { config, host, log } = writer;
  const { branch } = position;
  try {
    const text = await sluiceFileAt(BLOCK_LIST_FILE, position.head, host);
    const left = newNotes(text, notes);
    if (isEmpty(left)) {
      return;
    }
    const edit = { path: BLOCK_LIST_FILE, text: roomFor(withRollbacks(text, left), left), create: true };
    const message = `${rollbackMessage(left, config.delivery.skipCi === true)}${position.trailers ?? ''}`;
    const revision = await writer.commit(position, [edit], message);
    log.info('rollbacks written down', { branch, commit: revision, ...describe(left) });
  } catch (error) {
    log.warn('rollbacks not written down', { branch, ...describe(notes), error });
  }
}

function isEmpty({ noted, over }: RollbackNotes): boolean {
  return noted.length === 0 && over.length === 0;
}

/** @throws SluiceError `manifest-invalid` where the list would be too long */
function roomFor(text: string, { noted }: RollbackNotes): string {
  if (noted.length > 0 && text.length > MOST_CHARACTERS) {
    throw new SluiceError({
      code: 'manifest-invalid',
      subject: BLOCK_LIST_FILE,
      expected: `at most ${MOST_CHARACTERS} characters with what is written down`,
      found: String(text.length),
      next: 'Take out what is not needed any more.',
    });
  }
  return text;
}

function describe({ noted, over }: RollbackNotes) {
  const names = (all: readonly RolledBackVersion[]) => all.map((one) => `${one.image}:${one.tag} ${siteKey(one)}`);
  return { noted: names(noted), over: names(over) };
}
