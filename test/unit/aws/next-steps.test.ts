import { expect, test } from 'vitest';
import { nextSteps } from '../../../infra/aws/next-steps.ts';
import { configOf, ECR } from './deployed.ts';

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:sluice-prod-report-apply';

const stack = {
  target: 'sluice-prod',
  region: 'eu-central-1',
  pushUrl: 'https://a1b2.execute-api.eu-central-1.amazonaws.com/push',
  reportFunctionArn: ARN,
};
const policy = `  where IMAGE is the agent's in a registry of yours; a private repository needs --git-token-secret or --known-hosts too.
  ROLE is the ARN of a role for its pods, with this policy:
  {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "${ARN}"
      }
    ]
  }`;
const reporting = (name: string) =>
  `--image IMAGE --report-function ${ARN} --report-region eu-central-1 --aws-role ROLE --name ${name} | kubectl apply -f -`;

test('one registry and one repository', () => {
  expect(nextSteps(configOf(), stack)).toBe(`Let each registry tell of its pushes
  ghcr.io  https://a1b2.execute-api.eu-central-1.amazonaws.com/push/ghcr with the secret ssm:/sluice/push

Run the agent in each CLUSTER
  npm run -s sluice -- install --git-url https://gitlab.com/acme/shop.git --git-branch main ${reporting('CLUSTER')}
${policy}

See whether all is well
  npm run -s sluice -- doctor --target sluice-prod --region eu-central-1`);
});

test('each kind of registry, and each repository', () => {
  const config = configOf({
    repositories: [
      'url: https://gitlab.com/acme/shop.git, paths: [k8s, base/], credentials: ssm:a',
      `url: "https://git.example.com/it's.git", branch: next, paths: ["two words"], credentials: ssm:b`,
    ],
    registries: [
      'host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push }',
      'host: docker.io',
      `host: ${ECR}, push: { source: ecr }`,
    ],
  });
  const ecrRule = { name: 'sluice-prod-ecr', state: 'DISABLED' };
  const [registries, agent] = nextSteps(config, { ...stack, ecrRule }).split('\n\n');
  expect(registries).toBe(`Let each registry tell of its pushes
  ghcr.io                                          ${stack.pushUrl}/ghcr with the secret ssm:/sluice/push
  docker.io                                        nothing: it has no push in sluice.yml, and the sweep finds what is pushed there
  ${ECR}  nothing: EventBridge's rule sluice-prod-ecr hands on its events (DISABLED)`);
  expect(agent).toBe(`Run the agent in each CLUSTER
  npm run -s sluice -- install --git-url https://gitlab.com/acme/shop.git --git-branch main --git-path k8s --git-path base/ ${reporting('CLUSTER-1')}
  npm run -s sluice -- install --git-url 'https://git.example.com/it'\\''s.git' --git-branch next --git-path 'two words' ${reporting('CLUSTER-2')}
${policy}`);
});

test('a rule that is not there is named as missing', () => {
  const config = configOf({ registries: [`host: ${ECR}, push: { source: ecr }`] });
  expect(nextSteps(config, stack)).toContain(`${ECR}  deploy again: EventBridge's rule for its events is missing\n`);
});
