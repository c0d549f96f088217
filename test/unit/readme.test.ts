import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../shared/config/load.ts';

const readme = readFileSync('README.md', 'utf8');
const blocks = (kind: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);

test('its sluice.yml is a configuration', () => {
  const example = blocks('yaml').find((text) => text.startsWith('repositories:'));
  expect(parseConfig(example ?? '', 'README.md').repositories[0]?.branch).toBe('master');
});

test('the example file is the same configuration', () => {
  const example = blocks('yaml').find((text) => text.startsWith('repositories:'));
  const file = readFileSync('sluice.example.yml', 'utf8');
  expect(parseConfig(file, 'sluice.example.yml')).toEqual(parseConfig(example ?? '', 'README.md'));
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

test('it names every flag of the agent', () => {
  const settings = readFileSync('infra/agent/settings.ts', 'utf8');
  const flags = [...settings.matchAll(/'(--[a-z-]+)/g)].map(([, flag = '']) => flag);
  expect(flags.filter((flag) => !readme.includes(`\`${flag}\``))).toEqual([]);
});
