import type { RepositoryConfig } from '../../shared/config/repository.ts';
import type { Config, RegistryConfig } from '../../shared/config/schema.ts';

/** A stack that was deployed, as far as people go on from it. */
export interface DeployedStack {
  /** `sluice-prod` */
  readonly target: string;
  readonly region: string;
  /** Where registries tell of pushes, without the source: `https://….execute-api.….amazonaws.com/push` */
  readonly pushUrl: string;
  readonly reportFunctionArn: string;
  /** The rule that hands on ECR's events; absent where no registry asks for it. */
  readonly ecrRule?: { readonly name: string; readonly state: string } | undefined;
}

/** What is left to do after a deployment, as text for a terminal. */
export function nextSteps(config: Config, stack: DeployedStack): string {
  const { target, region } = stack;
  const registries = config.registries.map((registry) => [registry.host, wayOf(registry, stack)] as const);
  const width = Math.max(0, ...registries.map(([host]) => host.length));
  return [
    'Let each registry tell of its pushes',
    ...registries.map(([host, way]) => `  ${host.padEnd(width)}  ${way}`),
    '',
    'Run the agent in each CLUSTER',
    ...config.repositories.map((repository, index, { length }) => {
      const name = length === 1 ? 'CLUSTER' : `CLUSTER-${index + 1}`;
      return `  ${installCommand(repository, name, stack)}`;
    }),
    "  where IMAGE is the agent's in a registry of yours; a private repository needs --git-token-secret or --known-hosts too.",
    '  ROLE is the ARN of a role for its pods, with this policy:',
    ...JSON.stringify(agentPolicy(stack), undefined, 2)
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    'See whether all is well',
    `  npm run -s sluice -- doctor --target ${target} --region ${region}`,
  ].join('\n');
}

function installCommand(
  { url, branch, paths }: RepositoryConfig,
  name: string,
  { reportFunctionArn, region }: DeployedStack,
): string {
  const flags = [
    ['--git-url', url],
    ['--git-branch', branch],
    // An empty one is the whole repository.
    ...paths.filter((path) => path !== '').map((path) => ['--git-path', path]),
    ['--image', 'IMAGE'],
    ['--report-function', reportFunctionArn],
    ['--report-region', region],
    ['--aws-role', 'ROLE'],
    ['--name', name],
  ];
  return ['npm run -s sluice -- install', ...flags.flat().map(quoted), '| kubectl apply -f -'].join(' ');
}

/** A word as a shell reads it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** What an agent may do on AWS: one thing. */
function agentPolicy({ reportFunctionArn }: DeployedStack) {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: reportFunctionArn }],
  };
}

function wayOf({ push }: RegistryConfig, { pushUrl, ecrRule }: DeployedStack): string {
  if (push === undefined) {
    return 'nothing: it has no push in sluice.yml, and the sweep finds what is pushed there';
  }
  if (push.source !== 'ecr') {
    return `${pushUrl}/${push.source} with the secret ${push.secret}`;
  }
  return ecrRule === undefined
    ? "deploy again: EventBridge's rule for its events is missing"
    : `nothing: EventBridge's rule ${ecrRule.name} hands on its events (${ecrRule.state})`;
}
