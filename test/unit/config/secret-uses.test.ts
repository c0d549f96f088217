import { expect, test } from 'vitest';
import { parseConfig } from '../../../shared/config/load.ts';
import { secretsRead } from '../../../shared/config/secret-uses.ts';

const CONFIG = `
repositories:
  - { url: https://gitlab.com/acme/shop.git, credentials: ssm:/sluice/gitlab, readCredentials: ssm:/sluice/read }
  - { url: https://github.com/acme/shop.git, credentials: { app: "1", privateKey: secretsmanager:app#key } }
  - { url: git@git.example.com:acme/shop.git, credentials: ssm:/sluice/key, knownHosts: ssm:/sluice/known-hosts }
  - { url: https://gitlab.com/acme/blog.git, credentials: ssm:/sluice/gitlab, knownHosts: ssm:/not/used }
  - { url: https://git.example.com/public.git }
registries:
  - { host: ghcr.io, push: { source: ghcr, secret: ssm:/sluice/push }, credentials: ssm:/sluice/ghcr }
  - { host: a.example, push: { source: generic, secret: ssm:/sluice/push } }
ca: ssm:/sluice/ca
notifications: [{ webhook: ssm:/sluice/chat }]
`;
const READING = ['ssm:/sluice/read', 'secretsmanager:app#key', 'ssm:/sluice/key', 'ssm:/sluice/known-hosts'];
const COMMITTING = ['ssm:/sluice/gitlab', 'secretsmanager:app#key', 'ssm:/sluice/key', 'ssm:/sluice/known-hosts'];

test.each([
  { name: 'receive-push', references: ['ssm:/sluice/push'] },
  { name: 'evaluate-policy', references: [...READING, 'ssm:/sluice/gitlab', 'ssm:/sluice/ghcr', 'ssm:/sluice/ca'] },
  { name: 'commit-image', references: [...COMMITTING, 'ssm:/sluice/ghcr', 'ssm:/sluice/ca'] },
  { name: 'sweep', references: [...READING, 'ssm:/sluice/gitlab', 'ssm:/sluice/ghcr', 'ssm:/sluice/ca'] },
  {
    name: 'report-apply',
    references: ['ssm:/sluice/gitlab', 'secretsmanager:app#key', 'ssm:/sluice/chat', 'ssm:/sluice/ca'],
  },
] as const)('$name reads $references.length secrets, each once', ({ name, references }) => {
  expect(secretsRead(parseConfig(CONFIG, 'sluice.yml'))[name]).toEqual(references);
});
