import type { RollbackNotes } from '../../../shared/block-list/edit.ts';
import type { RolledBackVersion } from '../../../shared/block-list/entry.ts';
import { rollbackTrailer } from '../../../shared/history/trailers.ts';
import { word } from './commit-message.ts';

/** The message of a commit that writes rollbacks down in the block list, or takes them out. */
export function rollbackMessage({ noted, over }: RollbackNotes, skipCi: boolean): string {
  const blocks = [
    subjectOf(noted, over),
    [...noted.map(notedLine), ...over.map(overLine)].join('\n'),
    ...(skipCi ? ['[ci skip]'] : []),
    [
      ...noted.map((note) => rollbackTrailer('noted', note, note.image, note)),
      ...over.map((note) => rollbackTrailer('over', note, note.image, note)),
    ].join('\n'),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function subjectOf(noted: readonly RolledBackVersion[], over: readonly RolledBackVersion[]): string {
  const all = noted.length > 0 ? noted : over;
  const [first] = all;
  const verb = noted.length > 0 ? 'Write down' : 'Take out';
  const what = first === undefined || all.length > 1 ? `${all.length} rollbacks` : `the rollback of ${nameOf(first)}`;
  return `${verb} ${what}`;
}

function notedLine(note: RolledBackVersion): string {
  const by = `set by commit ${note.commit.slice(0, 12)}, moved away from ${note.since}`;
  return word(`${placeOf(note)}: ${nameOf(note)}, ${by}; its history is about to be too long to tell of it`);
}

function overLine(note: RolledBackVersion): string {
  return word(`${placeOf(note)}: ${nameOf(note)} is behind what was set since`);
}

function placeOf({ object, container, file }: RolledBackVersion): string {
  return `${object} container ${container} (${file})`;
}

function nameOf({ image, tag }: RolledBackVersion): string {
  return `${image}:${tag}`;
}
