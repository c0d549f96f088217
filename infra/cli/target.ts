import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { networkReason, SluiceError } from '../../shared/errors.ts';
import { operatorAliasOf } from '../../shared/operations/operator-alias.ts';

/** The functions of a deployment, or of the local runtime, as their operator reaches them: by Lambda's Invoke. */
export interface Target {
  /**
   * Has a function do something, and reads its answer.
   *
   * @throws SluiceError `target-unavailable` where there is no answer, `target-refused` where the function fails
   */
  invoke<T>(name: FunctionName, payload: object, reply: z.ZodType<T>): Promise<T>;
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
export function openTarget({ target, region, stateDir }: TargetOptions): Target {
  const isLocal = /^https?:\/\//.test(target);
  const client = new LambdaClient(
    isLocal
      ? {
          endpoint: target,
          region: 'local',
          credentials: { accessKeyId: tokenIn(stateDir), secretAccessKey: 'local' },
        }
      : { ...(region === undefined ? {} : { region }) },
  );
  const nameOf = (name: FunctionName) => (isLocal ? name : `${target}-${name}`);
  return {
    async invoke(name, payload, reply) {
      const FunctionName = nameOf(name);
      const Qualifier = operatorAliasOf(name);
      const command = new InvokeCommand({
        FunctionName,
        Payload: JSON.stringify(payload),
        ...(Qualifier && { Qualifier }),
      });
      const { FunctionError, Payload } = await client.send(command).catch((cause: unknown) => {
        throw unavailable(FunctionName, target, stateDir, cause);
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
    },
    async sourceState(name) {
      if (isLocal) {
        return undefined;
      }
      const FunctionName = nameOf(name);
      try {
        const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand({ FunctionName }));
        return EventSourceMappings[0]?.State ?? 'missing';
      } catch (cause) {
        throw unavailable(FunctionName, target, stateDir, cause);
      }
    },
  };
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

function unavailable(name: string, target: string, stateDir: string, cause: unknown): SluiceError {
  if (cause instanceof Error && cause.name === 'UnrecognizedClientException') {
    return new SluiceError({
      code: 'target-unavailable',
      subject: `function ${name}`,
      expected: `the token of the runtime at ${target}`,
      found: `none that it takes in ${stateDir}`,
      next: 'Name its state directory with --state-dir.',
      cause,
    });
  }
  const isMissing = cause instanceof Error && cause.name === 'ResourceNotFoundException';
  return new SluiceError({
    code: isMissing ? 'target-refused' : 'target-unavailable',
    subject: `function ${name}`,
    expected: 'an answer',
    found: isMissing ? 'no such function' : networkReason(cause),
    next: isMissing
      ? 'Check --target and --region.'
      : `Is ${target} what you mean, does it run, and may you invoke it?`,
    cause,
  });
}
