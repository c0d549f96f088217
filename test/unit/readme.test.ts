import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { refusalOf } from '../../infra/aws/configuration-check.ts';
import { nextSteps } from '../../infra/aws/next-steps.ts';
import { readStackSettings } from '../../infra/aws/settings.ts';
import { checkDeployment } from '../../shared/config/deployment.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { parseWindowLine } from '../../shared/hold/window.ts';
import { configOf, ECR, params } from './aws/deployed.ts';

const readme = readFileSync('README.md', 'utf8');
const fenced = [...readme.matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms)];
const blocks = (kind: string) => fenced.flatMap(([, of, text = '']) => (of === kind ? [text] : []));

test('its sluice.yml is a configuration', () => {
  const example = blocks('yaml').find((text) => text.startsWith('repositories:'));
  expect(parseConfig(example ?? '', 'README.md').repositories[0]?.branch).toBe('master');
});

test('the example file is the same configuration', () => {
  const example = blocks('yaml').find((text) => text.startsWith('repositories:'));
  const file = readFileSync('sluice.example.yml', 'utf8');
  expect(parseConfig(file, 'sluice.example.yml')).toEqual(parseConfig(example ?? '', 'README.md'));
});

test('its freezes are good ones', () => {
  const example = blocks('yaml').find((text) => text.startsWith('freezes:'));
  const config = 'repositories: [{ url: https://gitlab.com/lucj/hello.git }]\nregistries: [{ host: ghcr.io }]\n';
  expect(parseConfig(`${config}${example}`, 'README.md').freezes).toHaveLength(2);
});

test('its windows are good ones', () => {
  const [, table = '', words = ''] = /^### Holds\n(.*?)\nA window is (.*?)$/ms.exec(readme) ?? [];
  const [, beside = ''] = /`sluice\.dev\/freeze: ([^`]+)`/.exec(table) ?? [];
  const windows = [beside, ...[...words.matchAll(/`([^`]*(?:to|until) [^`]+)`/g)].map(([, line = '']) => line)];
  expect(windows).toHaveLength(4);
  for (const line of windows) {
    expect(parseWindowLine(line)).toHaveProperty('endAt');
  }
});

test('its command that checks a configuration works as written', () => {
  const command = blocks('sh').find((text) => text.startsWith('npm run -s sluice -- check'));
  const output = execFileSync('sh', ['-c', command ?? 'false'], { encoding: 'utf8' });
  expect(output).toBe('sluice.example.yml: good (repositories: 1, registries: 1)\n');
});

test('CI runs its two first commands as they are written', () => {
  const ci = readFileSync('.ci/run', 'utf8');
  const [commands = ''] = blocks('sh');
  for (const command of commands.trim().split('\n')) {
    expect(ci).toContain(`readme '${command}'`);
  }
});

const flagsOf = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/'(--[a-z-]+)/g)].map(([, flag = '']) => flag);

test('its table of flags has every flag of the agent', () => {
  const [, table = ''] = /^### Flags\n(.*?)^\| Ends with \|/ms.exec(readme) ?? [];
  const named = new Set(table.match(/(?<=`)--[a-z-]+(?=`)/g));
  expect(flagsOf('infra/agent/settings/settings.ts').filter((flag) => !named.has(flag))).toEqual([]);
});

test('it names every flag of sluice install', () => {
  const words = new Set(readme.match(/--[a-z-]+/g));
  expect(flagsOf('infra/cli/install.ts').filter((flag) => !words.has(flag))).toEqual([]);
});

const REPOSITORY =
  'url: https://gitlab.com/lucj/hello.git, branch: master, paths: [k8s], credentials: ssm:/sluice/git-token';
const registry = (secret: string) => `host: registry.gitlab.com, push: { source: gitlab, secret: ${secret} }`;

test('what it says of a configuration with faults is what a deployment says', () => {
  const config = configOf({ repositories: [REPOSITORY], registries: [registry('env:PUSH_SECRET')] });
  const faults = [...readStackSettings(params({ pushRate: 'no' })).faults, ...checkDeployment(config).faults];
  const deployment = { config, configFile: 'sluice.yml', isExample: false, settings: undefined, faults, warnings: [] };
  expect(blocks('')).toContain(`${refusalOf(deployment, true)}\n`);
});

test('what it says is left to do is what a deployment says', () => {
  const registries = [registry('ssm:/sluice/push-secret'), `host: ${ECR}, push: { source: ecr }`];
  const text = nextSteps(configOf({ repositories: [REPOSITORY], registries }), {
    target: 'sluice-prod',
    region: 'eu-central-1',
    pushUrl: 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/push',
    reportFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:sluice-prod-report-apply',
    ecrRule: { name: 'sluice-prod-ecr', state: 'ENABLED' },
  });
  expect(blocks('')).toContain(`${text}\n`);
});

test('it names every param of serverless.yml', () => {
  const names = Object.keys(params()).filter((name) => name !== 'target' && name !== 'sizes');
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
