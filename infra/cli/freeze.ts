import type { Command } from 'commander';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { SluiceError } from '../../shared/errors.ts';
import {
  type FreezeScope,
  freezeInForce,
  type WrittenFreeze,
  withFreeze,
  withoutFreezes,
} from '../../shared/hold/edit-freeze-file.ts';
import { FREEZE_FILE } from '../../shared/hold/freeze-file.ts';
import { printable } from '../../shared/printable.ts';
import { noteOnEmptyScope } from './frozen-places.ts';
import { repositoriesNamed } from './meant-repositories.ts';
import { personOf } from './person.ts';
import { checkReason, checkUntil } from './reason-options.ts';
import { commitSluiceFile } from './sluice-file-commit.ts';
import type { Terminal } from './terminal.ts';
import { inEach, throwFailures, withRepositories } from './with-repositories.ts';

interface Options {
  readonly all?: boolean;
  readonly repository?: string;
  readonly paths?: string;
  readonly objects?: string;
  readonly reason?: string;
  readonly until?: string;
  readonly config: string;
  readonly json?: boolean;
}

/** What one of the two commands does to a file of freezes. */
interface Verb {
  /** `Freeze`, as a commit's subject begins. */
  readonly name: 'Freeze' | 'Thaw';
  readonly done: 'frozen' | 'thawed';
  readonly trailer: 'Frozen-by' | 'Thawed-by';
  readonly edit: (text: string | undefined, options: Options, now: number) => string | undefined;
}

const FREEZE: Verb = {
  name: 'Freeze',
  done: 'frozen',
  trailer: 'Frozen-by',
  edit: (text, options, now) => withFreeze(text, freezeOf(options, now), now),
};
const THAW: Verb = {
  name: 'Thaw',
  done: 'thawed',
  trailer: 'Thawed-by',
  edit: (text, options, now) => {
    const { paths, objects } = scopeOf(options);
    return withoutFreezes(text, paths === undefined && objects === undefined ? undefined : { paths, objects }, now);
  },
};

const FREEZE_HELP = `
From that commit on nothing is committed or proposed there. A freeze that stands
is extended, never cut short: thaw ends it before its time. What the agent
applies from Git goes on: sluice suspend stops that.

  npm run -s sluice -- freeze --all --reason "incident 42" --until 2099-12-24
  npm run -s sluice -- thaw --all`;

const THAW_HELP = `
What waited goes with the next sweep, the newest of each image alone. With
--paths or --objects that freeze alone ends which was written with the same.`;

/** `sluice freeze`: has nothing updated until somebody thaws it, or a time comes. */
export function addFreeze(program: Command, terminal: Terminal): void {
  withScope(program.command('freeze'))
    .description(`update nothing for now, by a commit of ${FREEZE_FILE}; a freeze that stands is extended`)
    .requiredOption('--reason <text>', 'why, for people')
    .option('--until <date>', 'the last day or the time (2026-12-01, 2026-12-01T10:00:00Z); else until thaw')
    .addHelpText('after', FREEZE_HELP)
    .action(async (options: Options) => run(FREEZE, options, terminal));
}

/** `sluice thaw`: ends what was frozen. */
export function addThaw(program: Command, terminal: Terminal): void {
  withScope(program.command('thaw'))
    .description('end what freeze began, after which the newest images go')
    .option('--reason <text>', 'why, for people')
    .addHelpText('after', THAW_HELP)
    .action(async (options: Options) => run(THAW, options, terminal));
}

/** Adds what says where. */
function withScope(command: Command): Command {
  return command
    .option('--all', 'in every repository of the configuration')
    .option('--repository <url>', 'in this one alone, as the configuration names it')
    .option('--paths <globs>', 'only these folders or files, with commas between them')
    .option('--objects <globs>', 'only these, like deployment/shop/*, with commas between them')
    .option('--config <file>', 'the configuration', 'sluice.yml')
    .option('--json', 'print what was done as JSON');
}

async function run(verb: Verb, options: Options, terminal: Terminal): Promise<void> {
  const now = Date.now();
  checkReason(options.reason);
  checkUntil(options.until, now);
  const change = {
    path: FREEZE_FILE,
    subject: `${verb.name} ${scopeName(options)}`,
    why: [options.reason ?? '', options.until === undefined ? '' : `Until ${options.until}.`],
    trailer: `${verb.trailer}: ${await personOf(terminal.variables)}`,
  };
  await withRepositories(options.config, terminal.variables, async (all) => {
    const { done, failures } = await inEach(meant(options, all), async (repository): Promise<Done> => {
      let text: string | undefined;
      const edit = (before: string | undefined) => {
        text = verb.edit(before, options, now);
        return text;
      };
      const commit = await commitSluiceFile(repository, { ...change, edit });
      return { repository, commit, until: freezeInForce(text, scopeOf(options), now)?.until };
    });
    terminal.print(options.json === true ? jsonOf(done) : linesOf(verb, options, done));
    for (const note of await notesOn(verb, options, done)) {
      terminal.complain(`${printable(note)}\n`);
    }
    throwFailures(failures);
  });
}

/** What a person has to hear of a freeze that is written. */
async function notesOn(verb: Verb, options: Options, done: readonly Done[]): Promise<readonly string[]> {
  const frozen = verb === FREEZE ? done : [];
  const notes = await Promise.all(frozen.map(async ({ repository }) => noteOnEmptyScope(repository, scopeOf(options))));
  return notes.flatMap((note) => note ?? []);
}

/** @throws SluiceError `config-invalid` where it is not said in which, or none has that URL */
function meant(
  { all = false, repository }: Options,
  repositories: readonly WatchedRepository[],
): readonly WatchedRepository[] {
  if (all === (repository !== undefined)) {
    throw new SluiceError({
      code: 'config-invalid',
      subject: 'command',
      expected: 'either --all or --repository',
      found: all ? 'both' : 'neither',
    });
  }
  return repository === undefined ? repositories : repositoriesNamed(repository, repositories);
}

function freezeOf(options: Options, now: number): WrittenFreeze {
  const { reason = '', until } = options;
  return { reason, from: new Date(now).toISOString(), until, ...scopeOf(options) };
}

function scopeOf({ paths, objects }: Options): FreezeScope {
  const list = (text: string | undefined) => text?.split(',').map((glob) => glob.trim());
  return { paths: list(paths), objects: list(objects) };
}

/** `all`, `k8s/prod`, `deployment/shop/*` */
function scopeName({ paths, objects }: Options): string {
  return [paths, objects].filter((text) => text !== undefined).join(' ') || 'all';
}

interface Done {
  readonly repository: WatchedRepository;
  readonly commit: string | undefined;
  /** The end that is written, of a freeze that has one. */
  readonly until: string | undefined;
}

function linesOf({ done }: Verb, options: Options, results: readonly Done[]): string {
  return results
    .map(({ repository: { config }, commit, until }) => {
      const end = until === undefined ? '' : ` until ${until}`;
      const what = printable(`${scopeName(options)} in ${config.url} (${config.branch})${end}`);
      return commit === undefined
        ? `already ${done}: ${what}\n`
        : `${done} ${what}, by commit ${commit.slice(0, 12)}\n`;
    })
    .join('');
}

function jsonOf(results: readonly Done[]): string {
  const list = results.map(({ repository: { config }, commit = null, until = null }) => ({
    repository: config.url,
    branch: config.branch,
    until,
    commit,
    changed: commit !== null,
  }));
  return `${JSON.stringify(list)}\n`;
}
