import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer } from '../../infra/demo/git-server/server.ts';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import type { AwsApi } from '../aws/aws-api.ts';
import { type Aws, openAws } from '../aws/open-aws.ts';
import type { Stack } from '../aws/stack.ts';
import { startDockerRegistry } from '../cluster/registry.ts';
import { type BareRepository, bareRepository } from '../contract/bare-repository.ts';
import { fileOf, manifestOf, type Service } from './fleet.ts';
import { configFor } from './repository.ts';
import { type Line, readLine } from './stage.ts';

/** A deployed stack with the repository and the registry of a fleet. */
export interface FleetStage {
  readonly aws: Aws;
  readonly repository: BareRepository;
  readonly repositoryUrl: string;
  /** As images name it. */
  readonly registry: string;
  readonly pushUrl: string;
  readonly secret: string;
  lines(): readonly Line[];
  stop(): Promise<void>;
}

export interface FleetStageOptions {
  /** Execution environments of one function at once. */
  readonly concurrency: number;
  readonly params: Readonly<Record<string, string>>;
  /** Changes what was deployed before it runs. */
  readonly adjust: (api: AwsApi, stack: Stack) => Promise<void>;
}

const SECRET = 'a secret of the fleet';
const PUSH_SECRET = '/sluice/push-secret';
const FIRST_BUILD = Date.UTC(2026, 10, 23);
const MINUTE = 60_000;
/** Images that are pushed at once. */
const PUSHED_AT_ONCE = 8;

/** Opens it, with every version in the registry, which tells nobody: the test tells of them. */
export async function openFleetStage(
  fleet: readonly Service[],
  { concurrency, params, adjust }: FleetStageOptions,
): Promise<FleetStage> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-fleet-'));
  const registry = await startDockerRegistry();
  await pushImages(fleet, registry.url);
  const repository = bareRepository(
    join(directory, 'fleet.git'),
    fleet.map((service) => ({ path: fileOf(service), content: manifestOf(service, registry.host) })),
  );
  const git = await startGitServer({ directory });
  const repositoryUrl = `${git.url}/fleet.git`;
  const aws = await openAws({
    sluiceYml: configFor(repositoryUrl, registry.host, `ssm:${PUSH_SECRET}`),
    stage: 'load',
    params,
    concurrency,
    prepare: async (api) => {
      await api.json('AmazonSSM.PutParameter', 'ssm', { Name: PUSH_SECRET, Value: SECRET, Type: 'SecureString' });
    },
    adjust,
  });
  return {
    aws,
    repository,
    repositoryUrl,
    registry: registry.host,
    pushUrl: `${aws.gateway.url}/push/distribution`,
    secret: SECRET,
    lines: () => aws.lambda.lines().map(readLine),
    async stop() {
      await aws.stop();
      await Promise.all([registry.stop(), git.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Each version is built a minute after the one before it. */
async function pushImages(fleet: readonly Service[], registry: string): Promise<void> {
  const images = fleet
    .flatMap(({ name, versions, refused }) =>
      [...versions, ...refused].map((tag, step) => ({
        registry,
        repository: name,
        tag,
        created: new Date(FIRST_BUILD + step * MINUTE),
        content: `${name} ${tag}`,
      })),
    )
    .values();
  const pushAll = async () => {
    for (const image of images) {
      await pushImage(image);
    }
  };
  await Promise.all(Array.from({ length: PUSHED_AT_ONCE }, pushAll));
}
