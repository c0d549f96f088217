import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer } from '../../../infra/demo/git-server/server.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import { type AwsApi, awsApi } from '../../aws/aws-api.ts';
import { type AwsProxy, startAwsProxy } from '../../aws/aws-proxy.ts';
import { deployStack } from '../../aws/deploy.ts';
import { type Lambda, startLambda } from '../../aws/lambda.ts';
import { startMoto } from '../../aws/moto.ts';
import { type Sandbox, startSandbox } from '../../aws/sandbox.ts';
import type { Stack } from '../../aws/stack.ts';
import { lambdaRuntimeClient } from '../../cluster/installed-parts.ts';
import { startDockerRegistry } from '../../cluster/registry.ts';
import { bareRepository } from '../../contract/bare-repository.ts';
import { deployment } from '../../fakes/manifests.ts';
import { startGate } from '../../flow/gate.ts';
import { configFor } from '../../flow/repository.ts';

/** A deployed stack whose queues nobody polls: a bench runs its functions one by one. */
export interface Deployed {
  readonly api: AwsApi;
  readonly stack: Stack;
  readonly lambda: Lambda;
  readonly proxy: AwsProxy;
  /** `127.0.0.1:5000`, a registry in which nothing is yet. */
  readonly registry: string;
  /** Requests that registry and Git host have got so far. */
  hostRequests(): number;
  readonly repositoryUrl: string;
  /** Starts an execution environment, which the caller ends. */
  start(name: FunctionName): Promise<Sandbox>;
  /** The same of a handler of our own, with the memory and the variables of a function. */
  startBeside(name: FunctionName, handler: string): Promise<Sandbox>;
  stop(): Promise<void>;
}

/** What proves a push of the registry. */
export const PUSH_SECRET = 'a secret of the bench';
const PUSH_SECRET_NAME = '/sluice/push-secret';

/** Deploys the checkout to moto, beside Debian's registry and a repository of so many manifests. */
export async function deployForBench(files = 1): Promise<Deployed> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const [registry, git, moto] = await Promise.all([
    startDockerRegistry({}),
    startGitServer({ directory }),
    startMoto(),
  ]);
  const [registryGate, gitGate] = await Promise.all([startGate(registry.host), startGate(new URL(git.url).host)]);
  let hostRequests = 0;
  for (const gate of [registryGate, gitGate]) {
    void gate.hold('before', () => {
      hostRequests += 1;
      return false;
    });
  }
  bareRepository(join(directory, 'hello.git'), manifests(registryGate.host, files));
  const api = awsApi(moto.url);
  let lambda: Lambda | undefined;
  const proxy = await startAwsProxy({
    target: moto.url,
    callerOf: (accessKeyId) => lambda?.callerOf(accessKeyId),
    invoke: async () => undefined,
  });
  const repositoryUrl = `http://${gitGate.host}/hello.git`;
  const sluiceYml = configFor(repositoryUrl, registryGate.host, `ssm:${PUSH_SECRET_NAME}`);
  const stack = await deployStack({ sluiceYml, stage: 'bench', endpoint: proxy.url });
  await api.json('AmazonSSM.PutParameter', 'ssm', { Name: PUSH_SECRET_NAME, Value: PUSH_SECRET, Type: 'SecureString' });
  const runtimeClient = lambdaRuntimeClient();
  const addresses = { AWS_ENDPOINT_URL: proxy.url };
  const running = await startLambda({
    api,
    functions: stack.functions,
    addresses: () => ({ ...addresses, SLUICE_PUSH_URL: 'http://127.0.0.1/push' }),
    runtimeClient,
  });
  lambda = running;
  return {
    api,
    stack,
    lambda,
    proxy,
    registry: registryGate.host,
    hostRequests: () => hostRequests,
    repositoryUrl,
    start: async (name) => running.start(stack.functionNamed(name).name),
    async startBeside(name, handler) {
      const { memoryMegabytes, timeoutSeconds, environment } = stack.functionNamed(name);
      const home = mkdtempSync(join(directory, 'beside-'));
      writeFileSync(join(home, 'handler.mjs'), handler);
      return startSandbox({
        functionName: `beside-${name}`,
        arn: `arn:aws:lambda:::function:beside-${name}`,
        handler: 'handler.handler',
        directory: home,
        environment: { ...environment, ...addresses },
        memoryMegabytes,
        timeoutSeconds,
        runtimeClient,
        write: () => {},
      });
    },
    async stop() {
      await running.stop();
      await proxy.stop();
      await Promise.all([registryGate.stop(), gitGate.stop()]);
      await Promise.all([registry.stop(), git.stop(), moto.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The first follows the image that is pushed; the others are as long, and follow none. */
function manifests(registry: string, count: number) {
  const content = deployment(`${registry}/hello:1.0.0`, 'semver:~1');
  return Array.from({ length: count }, (_, index) => ({
    path: `k8s/app-${index}.yml`,
    content: index === 0 ? content : content.replace('automated: "true"', 'automated: "false"'),
  }));
}
