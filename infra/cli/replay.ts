import { type Command, Option } from 'commander';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { printable, printableLines } from '../../shared/printable.ts';
import type { DeadLetter } from '../../shared/queue/dead-letter.ts';
import * as z from '../../shared/schema.ts';
import { type OperatorTarget, openTarget } from './target.ts';
import { type TargetFlags, withTarget } from './target-options.ts';
import type { Terminal } from './terminal.ts';

/** Whose dead letters a queue's are. */
const OWNERS = {
  events: 'receive-push',
  pushes: 'evaluate-policy',
  updates: 'commit-image',
  reports: 'report-apply',
} as const satisfies Record<string, FunctionName>;
type QueueName = keyof typeof OWNERS;
const QUEUES = Object.keys(OWNERS) as readonly QueueName[];

interface ReplayOptions extends TargetFlags {
  readonly queue?: QueueName;
  readonly redrive?: boolean;
  readonly message?: readonly string[];
}

const listReply = z.object({
  deadLetters: z.array(
    z.object({ messageId: z.string(), sentAt: z.string(), reason: z.string(), summary: z.string() }),
  ),
});
const redriveReply = z.object({ redriven: z.number(), left: z.number() });

const HELP = `
Shows what failed for good and why; with --redrive it goes back to where it came
from, once what was wrong is mended. A message that fails again comes back here,
with its new reason.

  events   ECR's events that receive-push could not take
  pushes   that evaluate-policy could not decide about
  updates  that commit-image could not write
  reports  that report-apply could not tell

At most 100 of a queue are shown, and ten of one branch. --json prints
{"deadLetters": [{"queue", "messageId", "sentAt", "reason", "summary"}]}, or
with --redrive {"queues": [{"queue", "redriven", "left"}]}.
Ends with 0, with 1 where a function fails or is not there, with 2 where the
target cannot be asked.`;

/** `sluice replay`: shows dead letters, and sends them back. */
export function addReplay(program: Command, terminal: Terminal): void {
  withTarget(program.command('replay'), terminal.variables)
    .description('show what failed for good, with its reason, and send it back')
    .addOption(new Option('--queue <queue>', 'only this queue').choices(QUEUES))
    .option('--redrive', 'send it back to where it came from')
    .option('--message <id...>', 'only these messages')
    .addHelpText('after', HELP)
    .action(async ({ queue, redrive = false, message, json = false, ...options }: ReplayOptions) => {
      const target = openTarget(options);
      const queues = queue === undefined ? QUEUES : [queue];
      const print = (text: string) => terminal.print(text);
      if (redrive) {
        await redriveAll(target, queues, message, json, print);
      } else {
        print(await list(target, queues, message, json));
      }
    });
}

async function list(
  target: OperatorTarget,
  queues: readonly QueueName[],
  messageIds: readonly string[] | undefined,
  json: boolean,
): Promise<string> {
  const listed = await Promise.all(
    queues.map(async (queue) => {
      const { deadLetters } = await target.invoke(OWNERS[queue], { operation: 'dead-letters' }, listReply);
      const chosen = deadLetters.filter(({ messageId }) => messageIds?.includes(messageId) ?? true);
      return { queue, deadLetters: chosen };
    }),
  );
  if (json) {
    const deadLetters = listed.flatMap((one) => one.deadLetters.map((letter) => ({ queue: one.queue, ...letter })));
    return `${JSON.stringify({ deadLetters })}\n`;
  }
  return listed.map(inWords).join('');
}

function inWords({ queue, deadLetters }: { readonly queue: QueueName; readonly deadLetters: readonly DeadLetter[] }) {
  const count = deadLetters.length === 0 ? 'none' : deadLetters.length;
  return [`${queue}: ${count}`, ...deadLetters.flatMap(linesOf), ''].join('\n');
}

function linesOf({ messageId, sentAt, reason, summary }: DeadLetter): readonly string[] {
  const heading = [messageId, sentAt, summary].map(printable).join('  ');
  return [`  ${heading}`, `      ${printableLines(reason).replaceAll('\n', '\n      ')}`];
}

/** What is done is told even where the next queue fails. */
async function redriveAll(
  target: OperatorTarget,
  queues: readonly QueueName[],
  messageIds: readonly string[] | undefined,
  json: boolean,
  print: (text: string) => void,
): Promise<void> {
  const results: { readonly queue: QueueName; readonly redriven: number; readonly left: number }[] = [];
  try {
    for (const queue of queues) {
      results.push({ queue, ...(await redriveFrom(target, OWNERS[queue], messageIds)) });
    }
  } finally {
    print(
      json
        ? `${JSON.stringify({ queues: results })}\n`
        : results.map(({ queue, redriven, left }) => `${queue}: ${redriven} sent back, ${left} left\n`).join(''),
    );
  }
}

/**
 * A function sends back what it has time for, and ten of one branch; it is asked again until as many have gone as were
 * there at first. What fails again meanwhile is there for the next time.
 */
async function redriveFrom(target: OperatorTarget, name: FunctionName, messageIds: readonly string[] | undefined) {
  const operation = { operation: 'redrive', ...(messageIds === undefined ? {} : { messageIds }) };
  const first = await target.invoke(name, operation, redriveReply);
  const most = first.redriven + first.left;
  let { redriven } = first;
  for (let last = redriven; last > 0 && redriven < most; redriven += last) {
    ({ redriven: last } = await target.invoke(name, operation, redriveReply));
  }
  return { redriven, left: Math.max(0, most - redriven) };
}
