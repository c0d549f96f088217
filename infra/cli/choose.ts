import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { PolicyRunner } from '../../shared/decision/policy-runner.ts';
import { isSluiceError, messageOf, SluiceError } from '../../shared/errors.ts';
import { readHold } from '../../shared/manifest/dialects/sluice.ts';
import { filterClauses } from '../../shared/policy/line.ts';
import type { Policy, TagFacts } from '../../shared/policy/policy.ts';
import { type Survey, survey } from '../../shared/policy/survey.ts';
import { printable, printableLines } from '../../shared/printable.ts';
import { type AgedChoice, chooseByAge, type HeldTags, holdBack } from './choose-age.ts';
import { MAX_BYTES, parseCurrent, parseMoment, parseTags } from './choose-input.ts';
import { tagTable } from './choose-table.ts';
import { endWrongUseWith2, type Terminal } from './terminal.ts';
import { wrapText } from './wrap-text.ts';

interface ChooseOptions {
  readonly policy: string;
  readonly current?: string;
  readonly tags: string;
  readonly filter?: string;
  readonly extract?: string;
  readonly allow?: string;
  readonly ignore?: string;
  readonly at?: string;
  readonly json?: boolean;
}

/** Of the processor, for all that a policy does. */
const BUDGET_MILLIS = 1500;

const HELP = `
Prints what a site would do whose current tag is TAG (nothing, where it is left
out) if the registry had these tags.

--tags reads one tag a line, from standard input where it is -; behind tabs may
stand when its image was built, RFC 3339, and its digest. Policies that rank by
age need the times. For 'older than 2h' the time is taken for when the image was
first seen, which a deployment witnesses itself: there what an image says of
itself makes it no older. A tag without a time is held then.

POLICY is a line as manifests have it: semver:~1.2, glob:main-*, regexp:^v,
alphabetical:asc, numerical:desc, calver:YYYY.MM.DD-n, newest-build, digest,
keel:minor. The filters may stand behind it as well:
'semver:~1.2; filter ^v(.*)-alpine$; extract $1; ignore *-rc*'.

--json prints {"current", "chosen", "action", "reason",
"tags": {"seen", "matched", "unrankable", "held"}}; action is update, keep
(chosen is what stands there) or none. Tags are unrankable that the policy has
no order for: no version, no number, or a time that is missing; held are those
that would go but for older than or hold.

Ends with 0 whatever was decided, with 2 where the policy or TAG is not valid or
takes too long, with 1 where the tags cannot be read.

  skopeo list-tags docker://ghcr.io/team/app | jq -r '.Tags[]' |
    npm run -s sluice -- choose --policy 'semver:~1.2' --current 1.2.0`;

/** `sluice choose`: tries a policy on a list of tags, without anything deployed. */
export function addChoose(program: Command, terminal: Terminal): void {
  program
    .command('choose')
    .description('try a policy on a list of tags; nothing is written')
    .requiredOption('--policy <policy>', 'the policy, as it stands in a manifest')
    .option('--current <tag>', 'the tag that stands at the site, with @sha256:… where its digest does')
    .option('--tags <file>', 'one tag a line; - is standard input', '-')
    .option('--filter <regexp>', 'take only tags that this is found in')
    .option('--extract <template>', 'rank this of what the filter found, as $1 or $name')
    .option('--allow <regexp>', 'take only tags that this is found in')
    .option('--ignore <globs>', 'leave out tags that one of these matches, with commas between them')
    .option('--at <time>', 'how old images are then, RFC 3339; now where it is left out')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .exitOverride(endWrongUseWith2)
    .action(async (options: ChooseOptions) => {
      const candidates = parseTags(options.tags, await readInput(options.tags, terminal));
      try {
        terminal.print(await decide(options, candidates));
      } catch (error) {
        if (!isSluiceError(error, 'policy-invalid', 'policy-over-budget', 'message-invalid')) {
          throw error;
        }
        terminal.complain(`${printableLines(messageOf(error))}\n`);
        terminal.endWith(2);
      }
    });
}

/** @throws SluiceError `policy-invalid`, `policy-over-budget` */
async function decide(options: ChooseOptions, candidates: readonly TagFacts[]): Promise<string> {
  const tags = candidates.map(({ tag }) => tag);
  const ignore = options.ignore?.split(',').map((glob) => glob.trim());
  const { text, held } = readHold(options.policy);
  const line = `${text}${filterClauses({ ...options, ignore })}`;
  // As functions run it: on a few tags at a time, and for so long in all.
  const runner = new PolicyRunner(BUDGET_MILLIS, () => tooSlow(line));
  const { tag, digest } = options.current === undefined ? {} : parseCurrent(options.current);
  const policy = await runner.prepare(line, tags, tag);
  const known = candidates.find((one) => one.tag === tag);
  // What the list says of the tag is what stands there, unless another digest does.
  const current =
    tag === undefined ? undefined : { ...known, tag, digest: digest ?? (policy.pins ? known?.digest : undefined) };
  const now = options.at === undefined ? Date.now() : parseMoment('--at', options.at);
  const chosen = holdBack(await runner.run(() => chooseByAge(policy, current, candidates, now)), held);
  const seen = await runner.run(() => survey(policy, current, candidates));
  const result = resultOf(chosen, current, policy, seen);
  return options.json === true ? `${JSON.stringify(result)}\n` : inWords(result, policy, seen, chosen.held);
}

/** What to do next, since a list is all that this command knows of images. */
const TIMES_MISSING = 'Here the time of a build may stand behind its tag, after a tab: see --help.';

type Result = ReturnType<typeof resultOf>;

function resultOf({ choice, held }: AgedChoice, current: TagFacts | undefined, policy: Policy, seen: Survey) {
  const isNone = choice.action === 'keep' && (choice.because === 'no-match' || current === undefined);
  const kept = isNone ? null : (current?.tag ?? null);
  return {
    current: current?.tag ?? null,
    chosen: choice.action === 'update' ? choice.to.tag : kept,
    action: isNone ? 'none' : choice.action,
    reason: choice.action === 'update' && current === undefined ? bestOf(choice.to, policy) : choice.reason,
    tags: {
      seen: seen.all.length,
      matched: seen.matching.length,
      unrankable: seen.unranked + policy.unrankable(seen.all.map(({ tag }) => tag)).length,
      held: held.size,
    },
  };
}

function bestOf({ tag }: TagFacts, { text }: Policy): string {
  return `${tag} is the best match for ${text}, and no current tag is given`;
}

function inWords(result: Result, policy: Policy, seen: Survey, held: HeldTags): string {
  const { current, chosen, action, reason, tags } = result;
  const table = tagTable({ policy, seen, held, current: current ?? undefined, chosen: chosen ?? undefined });
  const counts = `${tags.seen} seen, ${tags.matched} matched, ${tags.unrankable} unrankable, ${tags.held} held`;
  const verdict = wrapText(`${action}: ${printable(reason)}`, '  ');
  const timesMissing = seen.unranked === 0 ? '' : `${TIMES_MISSING}\n`;
  return `${printableLines(table)}\n\n${verdict}\n${counts}\n${timesMissing}`;
}

/** @throws SluiceError `message-invalid` for what is too large, or cannot be read */
async function readInput(file: string, terminal: Terminal): Promise<string> {
  const bytes = file === '-' ? await terminal.read() : readFile(file);
  if (bytes.length > MAX_BYTES) {
    const expected = `at most ${MAX_BYTES} bytes of tags`;
    throw new SluiceError({ code: 'message-invalid', subject: file, expected, found: `${bytes.length}` });
  }
  return bytes.toString('utf8');
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const expected = 'a file of tags';
    throw new SluiceError({ code: 'message-invalid', subject: file, expected, found: messageOf(cause), cause });
  }
}

function tooSlow(line: string): SluiceError {
  return new SluiceError({
    code: 'policy-over-budget',
    subject: `policy ${line}`,
    expected: `an answer within ${BUDGET_MILLIS} ms`,
    found: 'none',
  });
}
