import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../shared/config/load.ts';
import { isSluiceError } from '../../../shared/errors.ts';

const smallest = `
repositories: [{ url: https://git.example.com/hello.git }]
registries: [{ host: registry.example.com }]
`;

describe('a configuration that is right', () => {
  test('has its defaults filled in', () => {
    expect(parseConfig(smallest, 'sluice.yml')).toEqual({
      repositories: [
        {
          url: 'https://git.example.com/hello.git',
          branch: 'main',
          paths: [''],
          delivery: { mode: 'commit', skipCi: false },
          author: { name: 'Sluice', email: 'sluice@users.noreply.localhost' },
        },
      ],
      registries: [{ host: 'registry.example.com', insecure: false }],
      sweep: { every: 900 },
      notifications: [],
    });
  });

  test.each([
    { every: '30s', seconds: 30 },
    { every: '15m', seconds: 900 },
    { every: '2h', seconds: 7200 },
  ])('reads the duration $every as $seconds seconds', ({ every, seconds }) => {
    expect(parseConfig(`${smallest}sweep: { every: ${every} }`, 'sluice.yml').sweep.every).toBe(seconds);
  });

  test.each(['ghcr.io', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000'])('takes the registry host %s', (host) => {
    const config = parseConfig(smallest.replace('registry.example.com', JSON.stringify(host)), 'sluice.yml');
    expect(config.registries[0]?.host).toBe(host);
  });
});

describe('a configuration that is wrong', () => {
  test.each([
    { fault: 'no repository', text: 'registries: [{ host: a.example }]', says: 'repositories: ' },
    { fault: 'an unknown key', text: `${smallest}sweeep: {}`, says: 'the file: Unrecognized key: "sweeep"' },
    {
      fault: 'a secret in the open',
      text: smallest.replace(
        'host: registry.example.com',
        'host: a.example, push: { source: generic, secret: hunter2 }',
      ),
      says: 'registries[0].push.secret: expected a reference to a secret: env:NAME, file:PATH, ssm:NAME or secretsmanager:NAME',
    },
    {
      fault: 'a source without a secret',
      text: smallest.replace('host: registry.example.com', 'host: a.example, push: { source: generic }'),
      says: 'registries[0].push.secret: expected a reference to a secret',
    },
    {
      fault: 'a source that is not known',
      text: smallest.replace(
        'host: registry.example.com',
        'host: a.example, push: { source: carrier-pigeon, secret: env:A }',
      ),
      says: 'registries[0].push.source: Invalid option: expected one of "distribution"|"generic"',
    },
    {
      fault: 'a registry with a scheme',
      text: smallest.replace('registry.example.com', 'https://registry.example.com'),
      says: 'registries[0].host: expected a host as images name it, without scheme or path',
    },
    {
      fault: 'a duration without a unit',
      text: `${smallest}sweep: { every: "15" }`,
      says: 'sweep.every: expected a duration like 30s, 15m or 2h',
    },
    {
      fault: 'a repository twice',
      text: smallest.replace('[{ url', '[{ url: https://git.example.com/hello.git }, { url'),
      says: 'repositories[1]: expected each repository and branch once, found https://git.example.com/hello.git again',
    },
    { fault: 'broken YAML', text: 'repositories:\n  - url: [', says: 'sluice.yml: line 2: ' },
  ])('names $fault', ({ text, says }) => {
    const error = thrownBy(() => parseConfig(text, 'sluice.yml'));
    expect(isSluiceError(error, 'config-invalid')).toBe(true);
    expect(String(error)).toContain(says);
  });

  test('reports every fault at once', () => {
    const error = thrownBy(() => parseConfig('repositories: []\nregistries: []\nsweep: { every: soon }', 'sluice.yml'));
    expect(String(error).match(/^ {2}\S/gm)).toHaveLength(3);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}
