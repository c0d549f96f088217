import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsApi, REGION } from './aws-api.ts';
import { type Outcome, type Sandbox, startSandbox } from './sandbox.ts';
import type { DeployedFunction } from './stack.ts';
import { unzip } from './unzip.ts';

/** Lambda: runs deployed functions by name, each with its own zip, environment, limits and role. */
export interface Lambda {
  /** Runs a function and waits for it; undefined where there is none of that name. */
  invoke(name: string, payload: string, qualifier?: string): Promise<Outcome | undefined>;
  /** Starts a further execution environment of a function, which the caller ends. @throws Error for an unknown name */
  start(name: string): Promise<Sandbox>;
  /** Whose function an access key is. */
  callerOf(accessKeyId: string): string | undefined;
  /** The functions that run right now, with what ends one of them by SIGKILL. */
  inFlight(): readonly { readonly name: string; kill(): Promise<void> }[];
  /** Lines that the functions wrote so far. */
  lines(): readonly string[];
  stop(): Promise<void>;
}

export interface LambdaOptions {
  readonly api: AwsApi;
  readonly functions: readonly DeployedFunction[];
  /** What AWS's own addresses are here: variables, in the place of the stack's; asked when a function starts. */
  readonly addresses: () => Readonly<Record<string, string>>;
  /** The file of AWS's runtime interface client. */
  readonly runtimeClient: string;
  /** Execution environments of one function at once; further invocations wait, so that two cores are enough. */
  readonly concurrency?: number;
}

interface Pool {
  readonly options: Parameters<typeof startSandbox>[0];
  readonly idle: Sandbox[];
  readonly busy: Set<Sandbox>;
  /** Invocations that have a place, with those whose sandbox only starts. */
  active: number;
  readonly waiting: (() => void)[];
}

/** Gets the functions ready to run; none is started before it is invoked. */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const { api, functions, concurrency = 2 } = options;
  const directory = mkdtempSync(join(tmpdir(), 'sluice-lambda-'));
  const lines: string[] = [];
  const callers = new Map<string, string>();
  const pools = new Map<string, Pool>();
  for (const one of functions) {
    const home = join(directory, one.name);
    unzip(one.zip, join(home, 'task'));
    mkdirSync(join(home, 'tmp'));
    const credentials = await assumeRole(api, one);
    callers.set(credentials.AWS_ACCESS_KEY_ID, one.name);
    pools.set(one.name, {
      idle: [],
      busy: new Set(),
      active: 0,
      waiting: [],
      options: {
        functionName: one.name,
        arn: one.arn,
        handler: one.handler,
        directory: join(home, 'task'),
        memoryMegabytes: one.memoryMegabytes,
        timeoutSeconds: one.timeoutSeconds,
        runtimeClient: options.runtimeClient,
        write: (line) => void lines.push(line),
        get environment() {
          const place = { AWS_REGION: REGION, TMPDIR: join(home, 'tmp'), ...options.addresses() };
          return { ...one.environment, ...credentials, ...place };
        },
      },
    });
  }
  return {
    callerOf: (accessKeyId) => callers.get(accessKeyId),
    lines: () => lines,
    async start(name) {
      const pool = pools.get(name);
      if (pool === undefined) {
        throw new Error(`Lambda: expected a function ${name}, found ${[...pools.keys()].join(', ')}`);
      }
      return startSandbox(pool.options);
    },
    async invoke(name, payload, qualifier) {
      const pool = pools.get(name);
      if (pool === undefined) {
        return undefined;
      }
      while (pool.active >= concurrency) {
        await new Promise<void>((resolve) => {
          pool.waiting.push(resolve);
        });
      }
      return run(pool, payload, qualifier);
    },
    inFlight: () =>
      [...pools].flatMap(([name, { busy }]) => [...busy].map((sandbox) => ({ name, kill: () => sandbox.kill() }))),
    async stop() {
      const all = [...pools.values()].flatMap(({ idle, busy }) => idle.concat([...busy]));
      await Promise.all(all.map(async (sandbox) => sandbox.kill()));
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function run(pool: Pool, payload: string, qualifier: string | undefined): Promise<Outcome> {
  pool.active += 1;
  let sandbox = pool.idle.pop();
  while (sandbox?.isAlive() === false) {
    sandbox = pool.idle.pop();
  }
  try {
    sandbox ??= await startSandbox(pool.options);
    pool.busy.add(sandbox);
    return await sandbox.invoke(payload, qualifier);
  } finally {
    pool.active -= 1;
    if (sandbox !== undefined) {
      pool.busy.delete(sandbox);
      pool.idle.push(sandbox);
    }
    pool.waiting.shift()?.();
  }
}

interface AssumeRole {
  readonly Credentials: {
    readonly AccessKeyId: string;
    readonly SecretAccessKey: string;
    readonly SessionToken: string;
  };
}

/** As Lambda does for each function: who signs a call is known by its key. */
async function assumeRole(api: AwsApi, { roleArn, name }: DeployedFunction) {
  const parameters = { RoleArn: roleArn, RoleSessionName: name };
  const { Credentials } = await api.query<AssumeRole>('sts', '2011-06-15', 'AssumeRole', parameters);
  return {
    AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
    AWS_SESSION_TOKEN: Credentials.SessionToken,
  };
}
