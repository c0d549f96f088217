import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import type { Figures, FunctionFigures } from '../functions/figures.ts';
import type { Amounts } from './prices.ts';

const HOURS = 730;
const MINUTES = HOURS * 60;

/** A core is what 1,769 MB have: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEGABYTES_OF_A_CORE = 1769;

/** On loopback nothing is far; on AWS a call within the region and one to a Git host or registry take so long. */
const AWS_CALL_MILLIS = 10;
const HOST_REQUEST_MILLIS = 150;

/** An idle environment may be gone so soon; a function cannot start more often than it is needed. */
const IDLE_MINUTES = 10;

/**
 * Lambda holds five polls of each queue open at least, each for twenty seconds.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
const EMPTY_POLLS = (5 * MINUTES * 60) / 20;

/** START, END and REPORT, which Lambda writes itself; and what CloudWatch adds to each line. */
const LAMBDA_LINES_BYTES = 400;
const SWEEP_MINUTES = 15;

/** The most that an item of the cache takes: four kilobytes. */
const WRITE_UNITS = 4;

/**
 * A month with so many pushes. It is the dearest one: every push is taken, is an update and a commit of its own, is
 * reported by one agent, and finds a queue that gives Lambda one message at a time.
 */
export function amountsOf(measured: Figures, pushes: number): Amounts {
  const invocations: Readonly<Record<FunctionName, number>> = {
    'receive-push': pushes,
    'evaluate-policy': pushes,
    'commit-image': pushes,
    sweep: MINUTES / SWEEP_MINUTES,
    'report-apply': pushes,
  };
  const sum = (of: (one: FunctionFigures, times: number) => number) =>
    (Object.keys(invocations) as FunctionName[]).reduce(
      (total, name) => total + of(measured[name], invocations[name]),
      0,
    );
  const calls = (of: string) => sum((one, times) => (one.calls[of] ?? 0) * times);
  return {
    lambdaRequest: sum((_, times) => times),
    lambdaGigabyteSecond: sum(gigabyteSeconds),
    // Sent, received and deleted.
    sqsRequest: 3 * pushes + EMPTY_POLLS,
    sqsFifoRequest: 3 * pushes + EMPTY_POLLS,
    httpApiRequest: pushes,
    dynamoReadUnit: calls('dynamodb:GetItem'),
    dynamoWriteUnit: WRITE_UNITS * calls('dynamodb:PutItem'),
    logGigabyte: sum(({ logBytes }, times) => (logBytes + LAMBDA_LINES_BYTES) * times) / 1e9,
    parameterRead: calls('ssm:GetParameter'),
    scheduledEvent: invocations.sweep,
  };
}

/** An environment starts at full speed, and works at the share of a core that its memory has. */
function gigabyteSeconds(one: FunctionFigures, times: number): number {
  const gigabytes = one.memoryMegabytes / 1024;
  const starts = Math.min(times, MINUTES / IDLE_MINUTES);
  return (gigabytes * (times * warmMillis(one) + starts * one.coldCpuMillis)) / 1000;
}

/** How long a warm invocation lasts on AWS. */
export function warmMillis({ memoryMegabytes, cpuMillis, calls, hostRequests }: FunctionFigures): number {
  const awsCalls = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const share = Math.min(1, memoryMegabytes / MEGABYTES_OF_A_CORE);
  return cpuMillis / share + awsCalls * AWS_CALL_MILLIS + hostRequests * HOST_REQUEST_MILLIS;
}
