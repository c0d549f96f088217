import { lambdaRuntimeClient } from '../cluster/installed-parts.ts';
import { type AsynchronousInvocations, asynchronousInvocations } from './asynchronous.ts';
import { type AwsApi, awsApi } from './aws-api.ts';
import { type AwsProxy, startAwsProxy } from './aws-proxy.ts';
import { deployStack } from './deploy.ts';
import { type EventBus, eventBus } from './event-bus.ts';
import { startEventSources } from './event-sources.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { startMoto } from './moto.ts';
import type { Stack } from './stack.ts';

export interface AwsOptions {
  readonly sluiceYml: string;
  readonly stage: string;
  readonly params?: Readonly<Record<string, string>>;
  /** Makes what has to be there before the functions start: parameters, secrets. */
  readonly prepare?: (api: AwsApi) => Promise<void>;
  /** Changes what was deployed before it runs: a shorter visibility timeout. */
  readonly adjust?: (api: AwsApi, stack: Stack) => Promise<void>;
  /** Of the HTTP API; default a free one. */
  readonly port?: number;
  /** Execution environments of one function at once. */
  readonly concurrency?: number;
}

/** A deployed stack that runs: moto is AWS, and what moto cannot is done here by what the stack says. */
export interface Aws {
  readonly api: AwsApi;
  readonly stack: Stack;
  readonly lambda: Lambda;
  readonly proxy: AwsProxy;
  readonly gateway: Gateway;
  readonly bus: EventBus;
  readonly invocations: AsynchronousInvocations;
  stop(): Promise<void>;
}

/** Starts moto, deploys the checkout to it, and lets the stack run. */
export async function openAws(options: AwsOptions): Promise<Aws> {
  const moto = await startMoto();
  let running: { readonly lambda: Lambda; readonly invocations: AsynchronousInvocations } | undefined;
  const proxy = await startAwsProxy({
    target: moto.url,
    callerOf: (accessKeyId) => running?.lambda.callerOf(accessKeyId),
    async invoke({ name, payload, qualifier, asynchronous }) {
      const text = payload.length === 0 ? '{}' : payload.toString('utf8');
      if (asynchronous) {
        return running?.invocations.accept(name, text) === true ? { payload: '', failed: false } : undefined;
      }
      return running?.lambda.invoke(name, text, qualifier);
    },
  });
  // Its calls pass the proxy too, which knows what moto does not bear.
  const api = awsApi(proxy.url);
  const { sluiceYml, stage, params = {}, concurrency = 2 } = options;
  const stack = await deployStack({ sluiceYml, stage, params, endpoint: proxy.url });
  await options.prepare?.(api);
  await options.adjust?.(api, stack);
  const { functions } = stack;
  let gateway: Gateway | undefined;
  const lambda = await startLambda({
    api,
    functions,
    addresses: () => ({ AWS_ENDPOINT_URL: proxy.url, SLUICE_PUSH_URL: `${gateway?.url}/push` }),
    runtimeClient: lambdaRuntimeClient(),
    concurrency,
  });
  const invocations = asynchronousInvocations(api, lambda, functions);
  running = { lambda, invocations };
  gateway = await startGateway(lambda, stack.routes, options.port);
  const sources = await startEventSources(api, lambda, stack.mappings, concurrency);
  return {
    api,
    stack,
    lambda,
    proxy,
    gateway,
    bus: eventBus(stack.rules, invocations),
    invocations,
    async stop() {
      await gateway.stop();
      await sources.stop();
      await lambda.stop();
      await proxy.stop();
      await moto.stop();
    },
  };
}
