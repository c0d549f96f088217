import type { Command } from 'commander';
import { BLOCK_LIST_FILE, blockedBy, parseBlockList } from '../../shared/block-list/block-list.ts';
import { withAllowed, withBlock } from '../../shared/block-list/edit.ts';
import type { Version } from '../../shared/block-list/entry.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { SluiceError } from '../../shared/errors.ts';
import { imageName, parseReference, printReference } from '../../shared/image/reference.ts';
import { printable } from '../../shared/printable.ts';
import { repositoriesFor } from './meant-repositories.ts';
import { personOf } from './person.ts';
import { checkReason, checkUntil, dayOf } from './reason-options.ts';
import { commitSluiceFile, type SluiceFileChange } from './sluice-file-commit.ts';
import type { Terminal } from './terminal.ts';
import { inEach, throwFailures, withRepositories } from './with-repositories.ts';

interface Options {
  readonly reason?: string;
  readonly until?: string;
  readonly repository?: string;
  readonly config: string;
  readonly json?: boolean;
}

/** What one of the two commands does to a list. */
interface Verb {
  /** `Block`, as a commit's subject begins. */
  readonly name: 'Block' | 'Allow';
  readonly done: 'blocked' | 'allowed';
  readonly edit: (text: string | undefined, version: Version, options: Options, now: number) => string;
}

const BLOCK: Verb = {
  name: 'Block',
  done: 'blocked',
  edit: (text, version, { reason, until }, now) => withBlock(text, { ...version, reason, since: dayOf(now), until }),
};
const ALLOW: Verb = {
  name: 'Allow',
  done: 'allowed',
  edit: (text, version, { reason }, now) => {
    // By its instant an entry that is written anew is another one: it takes back what came before it in history.
    const edited = withAllowed(text, { ...version, reason, since: new Date(now).toISOString() });
    refuseStillBlocked(edited, version, now);
    return edited;
  },
};

/** `sluice block`: keeps a version from being set. */
export function addBlock(program: Command, terminal: Terminal): void {
  withList(program.command('block'))
    .description(
      `keep a version of an image from being set, by a commit of ${BLOCK_LIST_FILE}; a block that stands is extended`,
    )
    .requiredOption('--reason <text>', 'why, for people')
    .option('--until <date>', 'the last day or the time (2026-12-01, 2026-12-01T10:00:00Z) that it is blocked')
    .action(async (image: string, options: Options) => run(BLOCK, image, options, terminal));
}

/** `sluice allow`: takes back a block. */
export function addAllow(program: Command, terminal: Terminal): void {
  withList(program.command('allow'))
    .description('take back a block, and let a version be set again that was rolled back')
    .option('--reason <text>', 'why, for people')
    .action(async (image: string, options: Options) => run(ALLOW, image, options, terminal));
}

/** Adds what says which version, and in which list. */
function withList(command: Command): Command {
  return command
    .argument('<image>', 'IMAGE:TAG, IMAGE@sha256:… or both')
    .option('--repository <url>', 'as the configuration names it; by default those whose manifests use the image')
    .option('--config <file>', 'the configuration', 'sluice.yml')
    .option('--json', 'print what was done as JSON');
}

async function run(verb: Verb, image: string, options: Options, terminal: Terminal): Promise<void> {
  const now = Date.now();
  const version = readVersion(image);
  checkReason(options.reason);
  checkUntil(options.until, now);
  const change = {
    path: BLOCK_LIST_FILE,
    subject: `${verb.name} ${nameOf(version)}`,
    why: [options.reason ?? '', options.until === undefined ? '' : `Until ${options.until}.`],
    trailer: `${verb.name}ed-by: ${await personOf(terminal.variables)}`,
  };
  await withRepositories(options.config, terminal.variables, async (all) => {
    const repositories = await repositoriesFor(version, options.repository, all);
    const { done, failures } = await inEach(repositories, async (repository): Promise<Done> => {
      let text = '';
      const edit: SluiceFileChange['edit'] = (before) => {
        text = verb.edit(before, version, options, now);
        return text;
      };
      const commit = await commitSluiceFile(repository, { ...change, edit });
      return { repository, commit, end: verb === BLOCK ? endAsBefore(text, version, options) : '' };
    });
    terminal.print(options.json === true ? jsonOf(version, done) : linesOf(verb, version, done));
    throwFailures(failures);
  });
}

interface Done {
  readonly repository: WatchedRepository;
  readonly commit: string | undefined;
  /** ` until 2026-12-01, as before`, where a block ends otherwise than this command said. */
  readonly end: string;
}

function linesOf({ done }: Verb, version: Version, results: readonly Done[]): string {
  return results
    .map(({ repository, commit, end }) => {
      const what = printable(`${nameOf(version)} in ${repository.config.url}${end}`);
      return commit === undefined ? `already ${done}: ${what}\n` : `${done} ${what} (commit ${commit.slice(0, 12)})\n`;
    })
    .join('');
}

function jsonOf({ image, tag, digest }: Version, results: readonly Done[]): string {
  const list = results.map(({ repository, commit = null }) => {
    const version = { image, tag: tag ?? null, digest: digest ?? null };
    return { ...version, repository: repository.config.url, commit, changed: commit !== null };
  });
  return `${JSON.stringify(list)}\n`;
}

function readVersion(text: string): Version {
  const reference = parseReference(text);
  const { tag, digest } = reference;
  if (tag === undefined && digest === undefined) {
    throw new SluiceError({
      code: 'reference-invalid',
      subject: `image ${text}`,
      expected: 'a tag or a digest',
      found: 'none',
      next: `Every version is blocked by an entry without a tag in ${BLOCK_LIST_FILE}, which you write or take out by hand.`,
    });
  }
  return { image: imageName(reference), tag, digest };
}

/** A block that stands is extended, never cut short: its end may be another one than the command's. */
function endAsBefore(text: string, { image, tag, digest }: Version, options: Options): string {
  const entry = parseBlockList(text).blocked.find(
    (one) => one.image === image && one.tag === tag && one.digest === digest,
  );
  if (entry === undefined || entry.until === options.until) {
    return '';
  }
  return entry.until === undefined ? ' without an end, as before' : ` until ${entry.until}, as before`;
}

/** An entry for the whole image blocks more than this version; to take it out is for a person to decide. */
function refuseStillBlocked(text: string, version: Version, now: number): void {
  const { tag = '', digest } = version;
  const reason = blockedBy(parseBlockList(text), { ...version, tag, digest }, now);
  if (reason !== undefined) {
    throw new SluiceError({
      code: 'manifest-invalid',
      subject: nameOf(version),
      found: `every version of the image is ${reason}`,
      next: 'Take that entry out of the file, or put the versions there that it means.',
    });
  }
}

function nameOf({ image, tag, digest }: Version): string {
  return printReference({ ...parseReference(image), ...(tag && { tag }), ...(digest && { digest }) });
}
