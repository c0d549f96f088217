import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import type { Sandbox } from '../../aws/sandbox.ts';
import { type BenchRow, benchRow } from '../row.ts';
import { deployForBench } from './deployed.ts';
import { EMPTY_HANDLER } from './empty-handler.ts';
import { invokeMillis } from './invoke-millis.ts';
import { median } from './median.ts';
import { playPush } from './play.ts';

const RUNS = 11;

/** As little as receive-push can do: read its secret, queue a message. It proves, checks, signs and logs nothing. */
const TWO_CALLS = `
const call = async (service, target, body) => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/' + service + '/aws4_request';
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target, authorization };
  return (await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};
export const handler = async () => {
  await call('ssm', 'AmazonSSM.GetParameter', { Name: '/sluice/push-secret', WithDecryption: true });
  await call('sqs', 'AmazonSQS.SendMessage', { QueueUrl: process.env.SLUICE_DEAD_LETTERS_QUEUE, MessageBody: 'x' });
  return { statusCode: 202 };
};
`;

/** One start: until the first event is asked for, and until that event is answered. */
interface Start {
  readonly initMillis: number;
  readonly millis: number;
  /** The same on the processor alone, which other work on this machine does not lengthen. */
  readonly initCpuMillis: number;
  readonly cpuMillis: number;
}

/** Starts of each function with a real push, between those of an empty handler with the same memory. */
export async function benchColdStart(): Promise<readonly BenchRow[]> {
  const deployed = await deployForBench();
  const starts = new Map<string, Start[]>();
  const keep = async (name: string, sandbox: Sandbox, payload: string) => {
    starts.set(name, [...(starts.get(name) ?? []), await measure(name, sandbox, payload)]);
  };
  try {
    for (let round = 1; round <= RUNS; round += 1) {
      await playPush(deployed, `1.0.${round}`, async (name, payload) => {
        await keep(`empty ${name}`, await deployed.startBeside(name, EMPTY_HANDLER), '{}');
        await keep(name, await deployed.start(name), payload);
      });
      await keep('two calls', await deployed.startBeside('receive-push', TWO_CALLS), '{}');
    }
  } finally {
    await deployed.stop();
  }
  const row = (label: string, name: string, peer: string, of: (start: Start) => number, what: string) => {
    const values = (key: string) => median((starts.get(key) ?? []).map(of));
    const how = `milliseconds, ${what}, median of ${RUNS} in turns; peer: ${peer}`;
    return benchRow(label, how, values(name), values(peer));
  };
  const functions = [...starts.keys()].filter((name) => starts.has(`empty ${name}`)) as FunctionName[];
  return [
    ...functions.flatMap((name) => [
      row(`${name} init`, name, `empty ${name}`, ({ initMillis }) => initMillis, 'until it asks for its first event'),
      row(`${name} init, processor`, name, `empty ${name}`, ({ initCpuMillis }) => initCpuMillis, 'the same'),
      row(`${name} cold start`, name, `empty ${name}`, ({ millis }) => millis, 'until its first event is answered'),
      row(`${name} cold start, processor`, name, `empty ${name}`, ({ cpuMillis }) => cpuMillis, 'the same'),
    ]),
    row(
      'receive-push cold start beside its calls',
      'receive-push',
      'two calls',
      ({ millis }) => millis,
      'until its first event is answered',
    ),
    row('the same, processor', 'receive-push', 'two calls', ({ cpuMillis }) => cpuMillis, 'the same'),
  ];
}

async function measure(name: string, sandbox: Sandbox, payload: string): Promise<Start> {
  try {
    const initMillis = await sandbox.initMillis();
    const { cpuMillis: initCpuMillis } = sandbox.usage();
    const millis = await invokeMillis(name, sandbox, payload);
    return { initMillis, millis: initMillis + millis, initCpuMillis, cpuMillis: sandbox.usage().cpuMillis };
  } finally {
    await sandbox.kill();
  }
}
