import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { awsFailure } from '../../shared/aws/failure.ts';
import { regionAdvice } from '../../shared/aws/region-advice.ts';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { networkReason, SluiceError } from '../../shared/errors.ts';
import { operatorAliasOf } from '../../shared/operator/operator-alias.ts';
import * as z from '../../shared/schema.ts';

/** The functions of a deployment, or of the local runtime, as their operator reaches them: by Lambda's Invoke. */
export interface OperatorTarget {
  /**
   * Has a function do something, and reads its answer.
   *
   * @throws SluiceError `target-unavailable` where there is no answer, `target-refused` where the function fails
   */
  invoke<T>(name: FunctionName, payload: object, reply: z.ZodMiniType<T>): Promise<T>;
  /** Whether the queue of a function feeds it; undefined where that cannot be told. */
  sourceState(name: FunctionName): Promise<string | undefined>;
}

export interface TargetOptions {
  /** `http://127.0.0.1:8081` for the local runtime, or what a deployment's names begin with: `sluice-prod`. */
  readonly target: string;
  readonly region?: string | undefined;
  /** Of the local runtime: where its token is. */
  readonly stateDir: string;
}

/** Nothing is asked yet; on AWS it will be with the credentials and the region that AWS's own command line finds. */
export function openTarget(options: TargetOptions): OperatorTarget {
  requireTarget(options.target);
  return new LambdaTarget(options);
}

/** Functions by Lambda's API, which the local runtime speaks too. */
class LambdaTarget implements OperatorTarget {
  readonly #options: TargetOptions;
  readonly #isLocal: boolean;
  readonly #client: LambdaClient;

  constructor(options: TargetOptions) {
    const { target: endpoint, region, stateDir } = options;
    this.#options = options;
    this.#isLocal = isLocal(endpoint);
    this.#client = new LambdaClient(
      this.#isLocal
        ? { endpoint, region: 'local', credentials: { accessKeyId: tokenIn(stateDir), secretAccessKey: 'local' } }
        : { ...(region === undefined ? {} : { region }) },
    );
  }

  async invoke<T>(name: FunctionName, payload: unknown, reply: z.ZodMiniType<T>): Promise<T> {
    const FunctionName = this.#nameOf(name);
    const Qualifier = operatorAliasOf(name);
    const command = new InvokeCommand({
      FunctionName,
      Payload: JSON.stringify(payload),
      ...(Qualifier && { Qualifier }),
    });
    const { FunctionError, Payload } = await this.#client.send(command).catch((cause: unknown) => {
      throw unavailable(FunctionName, this.#options, cause);
    });
    const text = Payload?.transformToString() ?? '';
    const said = read(text);
    const parsed = reply.safeParse(said);
    if (FunctionError !== undefined || !parsed.success) {
      const failure = failureSchema.safeParse(said).data;
      throw new SluiceError({
        code: 'target-refused',
        subject: `function ${FunctionName}`,
        found: failure?.errorMessage ?? `an answer of another release: ${text.slice(0, LONGEST_ANSWER)}`,
        next: `Look into the log of ${FunctionName}.`,
      });
    }
    return parsed.data;
  }

  async sourceState(name: FunctionName): Promise<string | undefined> {
    if (this.#isLocal) {
      return undefined;
    }
    const FunctionName = this.#nameOf(name);
    try {
      const { EventSourceMappings = [] } = await this.#client.send(
        new ListEventSourceMappingsCommand({ FunctionName }),
      );
      return EventSourceMappings[0]?.State ?? 'missing';
    } catch (cause) {
      throw unavailable(FunctionName, this.#options, cause);
    }
  }

  #nameOf(name: FunctionName): string {
    return this.#isLocal ? name : `${this.#options.target}-${name}`;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const failureSchema = z.object({ errorMessage: z.string() });
const LONGEST_ANSWER = 200;

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The token of a runtime; a word that opens nothing where there is none. */
function tokenIn(stateDir: string): string {
  try {
    return readFileSync(join(stateDir, 'invoke-token'), 'utf8').trim();
  } catch {
    return 'local';
  }
}

function unavailable(name: string, { target, stateDir }: TargetOptions, cause: unknown): SluiceError {
  const subject = `function ${name}`;
  const errorName = cause instanceof Error ? cause.name : '';
  if (isLocal(target) && errorName === 'UnrecognizedClientException') {
    return new SluiceError({
      code: 'target-unavailable',
      subject,
      expected: `the token of the runtime at ${target}`,
      found: `none that it takes in ${stateDir}`,
      next: 'Name its state directory with --state-dir.',
      cause,
    });
  }
  if (errorName === 'ResourceNotFoundException') {
    const next = 'Check --target and --region.';
    return new SluiceError({
      code: 'target-refused',
      subject,
      expected: 'an answer',
      found: 'no such function',
      next,
      cause,
    });
  }
  return new SluiceError({
    code: 'target-unavailable',
    subject,
    expected: 'an answer',
    found: networkReason(cause),
    next: isLocal(target) ? asking(target) : (regionAdvice(cause) ?? credentialsAdvice(cause) ?? asking(target)),
    cause,
  });
}

function asking(target: string): string {
  return `Is ${target} what you mean, does it run, and may you invoke it?`;
}

function credentialsAdvice(cause: unknown): string | undefined {
  return awsFailure(cause).kind === 'unidentified'
    ? 'Set credentials of AWS that may invoke it, as for its own command line: AWS_PROFILE, or aws sso login.'
    : undefined;
}

/** @throws SluiceError `target-unavailable` for what is neither a URL nor the beginning of a function's name */
function requireTarget(target: string): void {
  if (!isLocal(target) && !/^[\w-]+$/.test(target)) {
    throw new SluiceError({
      code: 'target-unavailable',
      subject: '--target',
      expected: 'the URL of the local runtime, or what the names of a deployment begin with, as sluice-prod',
      found: JSON.stringify(target),
      next: 'The runtime of this machine is http://127.0.0.1:8081 where nothing else was said.',
    });
  }
}

function isLocal(target: string): boolean {
  return /^https?:\/\//.test(target);
}
