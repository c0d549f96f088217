import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type AwsApi, awsApi } from '../aws/aws-api.ts';
import { type Checkout, openCheckout } from '../aws/checkout.ts';
import { type Inventory, takeInventory } from '../aws/inventory.ts';
import { type AwsEmulator, startMoto } from '../aws/moto.ts';
import { type DeployedFunction, readStack } from '../aws/stack.ts';
import { unzip } from '../aws/unzip.ts';

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

/** The words of a command as the README gives it. */
const fromReadme = (beginning: string): readonly string[] => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const found = new RegExp(`${beginning} [^\\n\`]*`).exec(readme);
  return (found?.[0] ?? '').split(' ');
};
const [, ...DEPLOY] = fromReadme('npm run deploy --');
const [, , ...REMOVE] = fromReadme('npx serverless remove');

/** @param extra of the first registry */
const sluiceYml = (extra = '') => `
repositories:
  - { url: https://gitlab.com/acme/shop.git, branch: master, paths: [k8s, "more k8s"], credentials: ssm:/sluice/git }
registries:
  - { host: registry.gitlab.com, push: { source: gitlab, secret: ssm:/sluice/push }${extra} }
  - { host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push } }
  - { host: docker.io }
  - { host: ${ECR}, push: { source: ecr } }
`;

const NEXT_STEPS = `
Let each registry tell of its pushes
  registry.gitlab.com                              https://ID.execute-api.eu-central-1.amazonaws.com/push/gitlab with the secret ssm:/sluice/push
  ghcr.io                                          https://ID.execute-api.eu-central-1.amazonaws.com/push/ghcr with the secret ssm:/sluice/push
  docker.io                                        nothing: it has no push in sluice.yml, and the sweep finds what is pushed there
  ${ECR}  nothing: EventBridge's rule sluice-prod-ecr hands on its events (ENABLED)

Run the agent in each CLUSTER
  npm run -s sluice -- install --git-url https://gitlab.com/acme/shop.git --git-branch master --git-path k8s --git-path 'more k8s' --image IMAGE --report-function arn:aws:lambda:eu-central-1:123456789012:function:sluice-prod-report-apply --report-region eu-central-1 --aws-role ROLE --name CLUSTER | kubectl apply -f -
  where IMAGE is the agent's in a registry of yours; a private repository needs --git-token-secret or --known-hosts too.
  ROLE is the ARN of a role for its pods, with this policy:
  {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:sluice-prod-report-apply"
      }
    ]
  }

See whether all is well
  npm run -s sluice -- doctor --target sluice-prod --region eu-central-1
`;

/** What every file of a native program or library for Linux begins with. */
const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

function filesIn(zip: Buffer): readonly { readonly path: string; readonly bytes: Buffer }[] {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-zip-'));
  try {
    unzip(zip, directory);
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    return entries.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path: relative(directory, path), bytes: readFileSync(path) };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The configuration that a function finds in its package, by the variable that names it; JSON is YAML too. */
function configIn({ zip, environment }: DeployedFunction): unknown {
  const packaged = filesIn(zip).find(({ path }) => path === environment['SLUICE_CONFIG']);
  return parse(packaged?.bytes.toString() ?? '');
}

describe('npm run deploy, and serverless remove', { timeout: 600_000 }, () => {
  let moto: AwsEmulator;
  let api: AwsApi;
  let checkout: Checkout;
  let before: Inventory;
  beforeAll(async () => {
    moto = await startMoto();
    api = awsApi(moto.url);
    checkout = openCheckout(moto.url);
    before = await takeInventory(api);
  });
  afterAll(async () => {
    checkout?.remove();
    await moto?.stop();
  });

  const deploy = async (...params: readonly string[]) => {
    const { code, output } = await checkout.npm(...DEPLOY, ...params);
    // moto makes no HTTP API, and so knows no id of one.
    return { code, output: output.replaceAll(/https:\/\/\w+\.execute-api/g, 'https://ID.execute-api') };
  };

  test('the example is packaged, but not deployed', async () => {
    const { code, output } = await deploy();
    expect(output).toContain(
      'sluice.yml: expected what is to be deployed, found none. Copy sluice.example.yml to sluice.yml and make it yours.',
    );
    expect(code).toBe(1);
    expect(await checkout.npm('run', 'build')).toMatchObject({ code: 0 });
    expect(await takeInventory(api)).toEqual(before);
  });

  test('every fault is told at once, before anything is deployed', async () => {
    checkout.configure(sluiceYml(', credentials: env:REGISTRY').replace('ssm:/sluice/git', 'file:/run/secrets/git'));
    const { code, output } = await deploy('--param=pushRate=no');
    expect(output).toContain(`
sluice.yml and the params have 3 faults:
- --param pushRate: expected a whole number
- repositories[0].credentials: expected ssm: or secretsmanager:, found file:/run/secrets/git, which is not on Lambda
- registries[0].credentials: expected ssm: or secretsmanager:, found env:REGISTRY, which no function on Lambda has
`);
    expect(code).toBe(1);
    expect(await takeInventory(api)).toEqual(before);
  });

  test('a configuration that is none is told with its lines, before anything is deployed', async () => {
    checkout.configure(`${sluiceYml().replace('source: ghcr, secret: ssm:/sluice/push', 'source: ghcr')}sweep: 5`);
    const { code, output } = await deploy();
    expect(output).toContain('registries[1].push.secret: expected a reference to a secret');
    expect(output).toContain('sweep: Invalid input');
    expect(code).toBe(1);
    expect(await takeInventory(api)).toEqual(before);
  });

  test('what is deployed tells what to do next', async () => {
    checkout.configure(sluiceYml());
    const { code, output } = await deploy();
    expect(output).toContain(NEXT_STEPS);
    expect(output).toContain('sluice.yml: registries[2].push: none, so that only the sweep finds what is pushed there');
    expect(code).toBe(0);
    const { rules, mappings, tables, buckets, logGroups, functions, queues, roles } = await takeInventory(api);
    expect({ rules, tables }).toEqual({
      rules: ['sluice-prod-ecr', 'sluice-prod-sweep'],
      tables: ['sluice-prod-cache'],
    });
    expect([functions, queues, mappings, roles, logGroups, buckets].map((all) => all?.length)).toEqual([
      5, 6, 2, 5, 6, 1,
    ]);
  });

  test('a package for arm64 holds nothing native, and the configuration', async () => {
    for (const one of (await readStack(api, 'sluice-prod')).functions) {
      const native = filesIn(one.zip).filter(({ bytes }) => bytes.subarray(0, ELF.length).equals(ELF));
      expect({ name: one.name, native: native.map(({ path }) => path) }).toEqual({ name: one.name, native: [] });
      expect(configIn(one)).toEqual(parse(sluiceYml()));
    }
  });

  test('a second deployment changes nothing, and tells the same', async () => {
    const first = await takeInventory(api);
    const { code, output } = await deploy();
    expect(output).toContain(NEXT_STEPS);
    expect(output).toContain('No changes to deploy.');
    expect(code).toBe(0);
    expect(await takeInventory(api)).toEqual(first);
  });

  test('a changed sluice.yml is deployed in place', async () => {
    const first = await takeInventory(api);
    const changed = `${sluiceYml(', credentials: ssm:/sluice/registry')}sweep: { every: 1m }\n`;
    checkout.configure(changed);
    expect(await deploy()).toMatchObject({ code: 0, output: expect.stringContaining(NEXT_STEPS) });
    expect(await takeInventory(api)).toEqual(first);
    const { rules, functions } = await readStack(api, 'sluice-prod');
    expect(rules.find(({ name }) => name === 'sluice-prod-sweep')).toMatchObject({ schedule: 'rate(1 minute)' });
    expect(functions.map(configIn)).toEqual(functions.map(() => parse(changed)));
    // moto leaves the policies of a role as they were made.
    const deployed = await api.query('cloudformation', '2010-05-15', 'GetTemplate', { StackName: 'sluice-prod' });
    expect(JSON.stringify(deployed)).toContain('parameter/sluice/registry');
  });

  test('a configuration that breaks later does not keep the stack from being removed; nothing is left', async () => {
    checkout.configure('repositories: []');
    const { code, output } = await checkout.serverless(...REMOVE);
    expect(output).toContain('Service sluice has been successfully removed');
    expect(code).toBe(0);
    expect(await takeInventory(api)).toEqual(before);
  });
});
