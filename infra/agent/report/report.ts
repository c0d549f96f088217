import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../shared/log.ts';
import type { ApplyReport } from '../../../shared/queue/messages.ts';
import { withProof } from '../../../shared/queue/report-proof.ts';

/** Where reports go: a function of AWS Lambda, or of the local runtime, which has the same API. */
export interface ReportTarget {
  /** Name or ARN. */
  readonly function: string;
  /** Another place than AWS. */
  readonly endpoint: string | undefined;
  /** Holds the token of the local runtime; another place takes any credentials. */
  readonly tokenFile?: string | undefined;
  readonly region: string;
  /** Reads the secret that proves reports; absent where none is asked for. */
  readonly secret?: () => Promise<string>;
}

/** Tells of a revision. It never throws: what was applied stays applied. */
export type Reporter = (report: ApplyReport) => Promise<void>;

const ATTEMPTS = 4;
const FIRST_PAUSE_MILLIS = 500;
const TIMEOUT_MILLIS = 10_000;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html has 256 KB for asynchronous invocations. */
const MAX_BYTES = 250 * 1024;

/**
 * A reporter that invokes a function and does not wait for its end. The client loads with the first report.
 *
 * @param timeoutMillis for one attempt
 * @param ended once aborted nothing is tried again: a pod that is ended has 30 s for all that it does, and its Lease to
 * give back after it
 */
export function lambdaReporter(
  { function: name, endpoint, tokenFile, region, secret }: ReportTarget,
  log: Log,
  timeoutMillis = TIMEOUT_MILLIS,
  ended: AbortSignal = new AbortController().signal,
): Reporter {
  const connect = async () => {
    const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
    // The token of the local runtime is the access key; what else takes reports asks for none, but the client signs.
    const credentials = async () => ({
      accessKeyId: tokenFile === undefined ? 'local' : (await readFile(tokenFile, 'utf8')).trim(),
      secretAccessKey: 'local',
    });
    const client = new LambdaClient(endpoint === undefined ? { region } : { region, endpoint, credentials });
    return async (payload: string) => {
      await client.send(
        new InvokeCommand({ FunctionName: name, InvocationType: 'Event', Payload: Buffer.from(payload) }),
        { abortSignal: AbortSignal.timeout(timeoutMillis) },
      );
    };
  };
  let invoke: ReturnType<typeof connect> | undefined;
  return async (report) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        invoke ??= connect();
        await (await invoke)(fitting(report, await secret?.()));
        log.info('revision reported', { revision: report.revision, function: name });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || ended.aborted) {
          log.error('revision not reported', { revision: report.revision, function: name, error });
          return;
        }
        await sleep(FIRST_PAUSE_MILLIS * 2 ** (attempt - 1), undefined, { signal: ended }).catch(() => {});
      }
    }
  };
}

/** `arn:aws:lambda:eu-central-1:123456789012:function:report-apply` names its region; a name alone does not. */
export function regionOfFunction(name: string): string | undefined {
  return /^arn:[\w-]+:lambda:([a-z0-9-]+):/.exec(name)?.[1];
}

/** How much of the problems the shortest report tells; with JSON's escapes that is under 150 KB. */
const SHORTEST = { problems: 50, characters: 500 };

/** A report that is too long says nothing of unchanged objects, then of none, and of the problems how they begin. */
function fitting(report: ApplyReport, secret: string | undefined): string {
  const print = (one: ApplyReport) => JSON.stringify(secret === undefined ? one : withProof(one, secret));
  const changed = report.objects.filter(({ action }) => action !== 'unchanged');
  const problems = report.problems.slice(0, SHORTEST.problems).map((one) => one.slice(0, SHORTEST.characters));
  const shorter = [report, { ...report, objects: changed }, { ...report, objects: [] }].map((one) => print(one));
  const shortest = print({ ...report, objects: [], problems });
  return shorter.find((text) => Buffer.byteLength(text) <= MAX_BYTES) ?? shortest;
}
