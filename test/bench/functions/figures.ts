import { FUNCTIONS } from '../../../infra/aws/uses.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import type { Sandbox } from '../../aws/sandbox.ts';
import { readLine } from '../../flow/stage.ts';
import { type Deployed, deployForBench } from './deployed.ts';
import { invokeMillis } from './invoke-millis.ts';
import { median } from './median.ts';
import { playPush } from './play.ts';

/** What one function takes, as medians of its warm invocations. */
export interface FunctionFigures {
  /** That it is given. */
  readonly memoryMegabytes: number;
  /** On loopback. */
  readonly millis: number;
  /** On one whole core. */
  readonly cpuMillis: number;
  /** The same until its first event is asked for, and for the first event. */
  readonly coldCpuMillis: number;
  /** The most that it had at once, all runs together. */
  readonly peakMegabytes: number;
  /** What it logs. */
  readonly logBytes: number;
  /** Calls of AWS by service and action: `{ 'sqs:SendMessageBatch': 1 }`. */
  readonly calls: Readonly<Record<string, number>>;
  /** Requests to registry and Git host. */
  readonly hostRequests: number;
}

interface Invocation {
  readonly millis: number;
  readonly cpuMillis: number;
  readonly hostRequests: number;
  readonly calls: readonly string[];
}

export type Figures = Readonly<Record<FunctionName, FunctionFigures>>;

export interface Plan {
  readonly pushes: number;
  /** Pushes before them, which are not measured but for the first start. */
  readonly warmUp: number;
  /** Manifests in the repository. */
  readonly files?: number;
}

/** What several benches of one run are about. */
export const PLAN: Plan = { pushes: 20, warmUp: 5 };
let ofPlan: Promise<Figures> | undefined;

/** The figures of that plan, measured once. */
export async function figuresOfPlan(): Promise<Figures> {
  ofPlan ??= measureFunctions(PLAN);
  return ofPlan;
}

/** Plays pushes on a deployed stack, each function in one execution environment. */
export async function measureFunctions({ pushes, warmUp, files }: Plan): Promise<Figures> {
  const deployed = await deployForBench(files);
  const sandboxes = new Map<FunctionName, Sandbox>();
  const invocations = new Map<FunctionName, Invocation[]>(FUNCTIONS.map((name) => [name, []]));
  try {
    for (let push = 1; push <= warmUp + pushes; push += 1) {
      await playPush(deployed, `1.0.${push}`, async (name, payload) => {
        const known = sandboxes.get(name);
        const sandbox = known ?? (await deployed.start(name));
        sandboxes.set(name, sandbox);
        // The first is charged with the start.
        const cpuBefore = known?.usage().cpuMillis ?? 0;
        invocations.get(name)?.push(await measure(deployed, name, sandbox, payload, cpuBefore));
      });
    }
    const lines = deployed.lambda.lines();
    const figures = FUNCTIONS.map((name) => {
      const all = invocations.get(name) ?? [];
      const warm = all.slice(warmUp);
      const own = lines.filter((line) => readLine(line)['service'] === name);
      return [
        name,
        {
          memoryMegabytes: deployed.stack.functionNamed(name).memoryMegabytes,
          millis: median(warm.map(({ millis }) => millis)),
          cpuMillis: median(warm.map(({ cpuMillis }) => cpuMillis)),
          coldCpuMillis: all[0]?.cpuMillis ?? Number.NaN,
          peakMegabytes: sandboxes.get(name)?.usage().peakMegabytes ?? Number.NaN,
          logBytes: own.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) / all.length,
          calls: perInvocation(warm),
          hostRequests: median(warm.map(({ hostRequests }) => hostRequests)),
        },
      ] as const;
    });
    return Object.fromEntries(figures) as Figures;
  } finally {
    await Promise.all([...sandboxes.values()].map(async (sandbox) => sandbox.kill()));
    await deployed.stop();
  }
}

async function measure(
  deployed: Deployed,
  name: FunctionName,
  sandbox: Sandbox,
  payload: string,
  cpuBefore: number,
): Promise<Invocation> {
  const before = { calls: deployed.proxy.calls().length, hostRequests: deployed.hostRequests() };
  const millis = await invokeMillis(name, sandbox, payload);
  return {
    millis,
    cpuMillis: sandbox.usage().cpuMillis - cpuBefore,
    hostRequests: deployed.hostRequests() - before.hostRequests,
    calls: deployed.proxy
      .calls()
      .slice(before.calls)
      .filter(({ caller }) => caller === deployed.stack.functionNamed(name).name)
      .map(({ service, action }) => `${service}:${action}`),
  };
}

function perInvocation(invocations: readonly Invocation[]): Readonly<Record<string, number>> {
  const all = Map.groupBy(
    invocations.flatMap(({ calls }) => calls),
    (call) => call,
  );
  return Object.fromEntries([...all].map(([call, { length }]) => [call, length / invocations.length]));
}
