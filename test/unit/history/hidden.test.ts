import { expect, test } from 'vitest';
import type { FileCommit, PastCommit } from '../../../shared/git-host/port.ts';
import { lastSet } from '../../../shared/history/rollback.ts';
import { siteTrailer } from '../../../shared/history/trailers.ts';

const IMAGE = 'registry.example.com/hello';
const SITE = { file: 'deploy.yml', object: 'deployment/default/hello', container: 'hello' };
const setTo = (tag: string) => `hello: to ${tag}\n\n${siteTrailer(SITE, IMAGE, { tag })}\n`;

interface Told extends Pick<PastCommit, 'revision' | 'message' | 'parents'> {
  /** What stands at the place in it. */
  readonly tag: string;
}

/** A branch, the newest first, and which of its commits the history of the file tells of. */
interface Row {
  readonly what: string;
  readonly branch: readonly Told[];
  readonly ofFile: readonly string[];
  readonly gives: object | undefined;
}

const OTHER = 'Somebody else\n';
const MERGE = { revision: 'merge', message: 'Merge\n', parents: ['back', 'aside'], tag: '1' };
const ASIDE = { revision: 'aside', message: OTHER, parents: ['first'], tag: '1' };
const BACK = { revision: 'back', message: OTHER, parents: ['set'], tag: '1' };
const SET = { revision: 'set', message: setTo('2'), parents: ['first'], tag: '2' };
const FIRST = { revision: 'first', message: OTHER, parents: [], tag: '1' };

test.each<Row>([
  {
    what: 'tells of a version that was set and set back on the line that a merge did not take the file of',
    branch: [MERGE, ASIDE, BACK, SET, FIRST],
    ofFile: ['aside', 'first'],
    gives: { tag: '2', revision: 'set', stands: false },
  },
  {
    what: 'tells of it also where the other line was changed before',
    branch: [MERGE, BACK, SET, ASIDE, FIRST],
    ofFile: ['aside', 'first'],
    gives: { tag: '2', revision: 'set', stands: false },
  },
  {
    what: 'tells of the later one, where the history of the file tells of an earlier one',
    branch: [
      MERGE,
      ASIDE,
      BACK,
      SET,
      { ...FIRST, message: setTo('1'), parents: ['older'] },
      { ...FIRST, revision: 'older', tag: '0' },
    ],
    ofFile: ['aside', 'first', 'older'],
    gives: { tag: '2', revision: 'set', stands: false },
  },
  {
    what: 'does not tell of an earlier one, where the history of the file tells of a later one',
    branch: [
      { ...MERGE, parents: ['aside', 'back'] },
      { ...ASIDE, message: setTo('1') },
      BACK,
      SET,
      { ...FIRST, tag: '0' },
    ],
    ofFile: ['aside', 'first'],
    gives: { tag: '1', revision: 'aside', stands: true },
  },
  {
    what: 'believes no words that the file does not bear out',
    branch: [MERGE, ASIDE, BACK, { ...SET, message: setTo('3') }, FIRST],
    ofFile: ['aside', 'first'],
    gives: undefined,
  },
  {
    what: 'believes no words of a commit that the version stood in before',
    branch: [
      MERGE,
      ASIDE,
      BACK,
      { ...SET, parents: ['before'] },
      { ...SET, revision: 'before', message: OTHER },
      FIRST,
    ],
    ofFile: ['aside', 'first'],
    gives: undefined,
  },
])('the history of a branch $what', async ({ branch, ofFile, gives }) => {
  const commits: readonly FileCommit[] = branch.map(({ revision, message, parents }, index) => ({
    ...{ revision, message, parents },
    committedAt: (branch.length - index) * 60_000,
    depth: index + 1,
  }));
  async function* told() {
    yield* commits.filter(({ revision }) => ofFile.includes(revision));
  }
  const imageAt = async (revision: string) => {
    const found = branch.find((commit) => commit.revision === revision);
    return found && `${IMAGE}:${found.tag}`;
  };
  const last = await lastSet(
    { ...SITE, image: `${IMAGE}:1` },
    { commits: told(), imageAt, ofBranch: async () => commits },
  );
  const { tag, revision, stands } = last ?? {};
  expect({ tag, revision, stands }).toEqual({ tag: undefined, revision: undefined, stands: undefined, ...gives });
});
