import type { Command } from 'commander';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { isSluiceError, messageOf } from '../../shared/errors.ts';
import { HttpClient } from '../../shared/http/client.ts';
import { connectionFailure } from '../../shared/http/failure.ts';
import { type Finding, failureOf } from '../../shared/operator/finding.ts';
import { counted } from '../../shared/operator/words.ts';
import { printable, printableLines } from '../../shared/printable.ts';
import * as z from '../../shared/schema.ts';
import { FUNCTIONS, USES } from '../aws/uses.ts';
import { type OperatorTarget, openTarget } from './target.ts';
import { type TargetFlags, withTarget } from './target-options.ts';
import type { Terminal } from './terminal.ts';
import { wrapText } from './wrap-text.ts';

/** A finding, and the function that it is of. */
interface FunctionFinding extends Finding {
  readonly function: FunctionName;
}

const checkReply = z.object({
  findings: z.array(
    z.object({
      status: z.enum(['ok', 'warning', 'failure']),
      subject: z.string(),
      found: z.string(),
      next: z.optional(z.string()),
    }),
  ),
  pushUrls: z.array(z.string()),
});

const WEBHOOK_TIMEOUT_MILLIS = 10_000;

const HELP = `
Each function says what it alone can see, by its own rights: its configuration
and secrets, its queues, Git (read by evaluate-policy, written by commit-image),
registries, the last sweep, the last reports of agents. Then the push URLs are
tried from here with a wrong secret.

--json prints {"findings": [{"function", "status", "subject", "found",
"next"}]}; status is ok, warning or failure.
Ends with 0 where nothing fails, with 1 where something does, with 2 where the
target cannot be asked.`;

/** `sluice doctor`: looks at a deployment, or at the local runtime, from the outside. */
export function addDoctor(program: Command, terminal: Terminal): void {
  withTarget(program.command('doctor'), terminal.variables)
    .description('check a deployment: configuration, secrets, queues, Git, registries, agents')
    .addHelpText('after', HELP)
    .action(async ({ json = false, ...options }: TargetFlags) => {
      const findings = await examine(openTarget(options));
      terminal.print(json ? `${JSON.stringify({ findings })}\n` : inWords(findings));
      terminal.endWith(findings.some(({ status }) => status === 'failure') ? 1 : 0);
    });
}

/** @throws SluiceError `target-unavailable` */
async function examine(target: OperatorTarget): Promise<readonly FunctionFinding[]> {
  const examined = await Promise.all(
    FUNCTIONS.map(async (name) => {
      const findings = [...(await askFunction(target, name)), ...(await sourceFindings(target, name))];
      return findings.map((finding) => Object.assign(finding, { function: name }));
    }),
  );
  return examined.flat();
}

async function askFunction(target: OperatorTarget, name: FunctionName): Promise<readonly Finding[]> {
  try {
    const { findings, pushUrls } = await target.invoke(name, { operation: 'check' }, checkReply);
    return [...findings, ...(await Promise.all(pushUrls.map(tryWebhook)))];
  } catch (error) {
    if (isSluiceError(error, 'target-unavailable')) {
      throw error;
    }
    return [failureOf(error)];
  }
}

async function sourceFindings(target: OperatorTarget, name: FunctionName): Promise<readonly Finding[]> {
  const subject = `queue of ${name}`;
  let state: string | undefined;
  try {
    state = USES[name].source !== undefined ? await target.sourceState(name) : undefined;
  } catch (error) {
    const next = 'With the right to lambda:ListEventSourceMappings doctor looks at it too.';
    return [{ status: 'warning', subject, found: `cannot be told from here: ${messageOf(error)}`, next }];
  }
  if (state === undefined) {
    return [];
  }
  return state === 'Enabled'
    ? [{ status: 'ok', subject, found: 'feeds it' }]
    : [
        {
          status: 'failure',
          subject,
          found: `its event source mapping is ${state.toLowerCase()}`,
          next: 'Enable it, or deploy again.',
        },
      ];
}

/** Whoever proves nothing has to be refused, and has to be answered. */
async function tryWebhook(url: string): Promise<Finding> {
  try {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer not-the-secret' };
    const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MILLIS);
    const reply = await new HttpClient().send({ method: 'POST', url: new URL(url), headers, body: '{}', signal });
    reply.discard();
    return reply.status === 401
      ? { status: 'ok', subject: url, found: 'refuses what is not proven' }
      : {
          status: 'failure',
          subject: url,
          found: `expected status 401 for a wrong secret, found ${reply.status}`,
          next: 'See whether this is the URL of receive-push.',
        };
  } catch (error) {
    const found = `cannot be reached from here: ${connectionFailure(error, WEBHOOK_TIMEOUT_MILLIS).found}`;
    return { status: 'failure', subject: url, found, next: 'Registries need a way to it.' };
  }
}

function inWords(findings: readonly FunctionFinding[]): string {
  const lines = FUNCTIONS.flatMap((name) => {
    const own = findings.filter((finding) => finding.function === name);
    const heading: string = name;
    return [heading].concat(own.flatMap(linesOf));
  });
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const sum = `${count('ok')} ok, ${counted(count('warning'), 'warning')}, ${counted(count('failure'), 'failure')}`;
  return `${lines.join('\n')}\n\n${sum}\n`;
}

/** Under what stands behind the status. */
const INDENT = ' '.repeat('  failure  '.length);

function linesOf({ status, subject, found, next }: Finding): readonly string[] {
  const [first = '', ...others] = printableLines(found.trimEnd()).split('\n');
  return [
    wrapText(`  ${status.padEnd('failure'.length)}  ${printable(subject)}: ${first}`, INDENT),
    ...others.map((line) => wrapText(`${INDENT}${line}`, `${INDENT}${/^\s*/.exec(line)?.[0]}`)),
    ...(next === undefined ? [] : [wrapText(`${INDENT}→ ${printable(next)}`, `${INDENT}  `)]),
  ];
}
