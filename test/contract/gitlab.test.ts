import { afterAll, expect } from 'vitest';
import { openGitLab } from '../../shared/git-host/gitlab/open.ts';
import { startGitLabDouble } from '../doubles/gitlab/server.ts';
import { type Access, describeGitAccess } from './git-access.ts';
import { describeGitHost } from './git-host.ts';
import { describeGitHistory } from './git-host-history.ts';
import { describeGitSpecialCases } from './git-host-special.ts';

const TOKENS: Readonly<Record<Access, string | undefined>> = {
  write: 'write-token',
  read: 'read-token',
  wrong: 'a-wrong-token',
  none: undefined,
};

async function startGitLab(repositories: string) {
  const double = await startGitLabDouble({ directory: repositories });
  afterAll(() => expect(double.violations).toEqual([]));
  const open = (name: string, access: Access = 'write') =>
    openGitLab({
      url: `${double.url}/acme/team/${name}.git`,
      token: TOKENS[access],
      timeoutMillis: 20_000,
      now: Date.now,
    });
  return { open, stop: async () => double.stop() };
}

describeGitHost('GitLab', startGitLab);

describeGitHistory('GitLab', startGitLab);

describeGitSpecialCases('GitLab', startGitLab);

describeGitAccess('GitLab', async (repositories) => ({
  ...(await startGitLab(repositories)),
  says: { wrong: /401 Unauthorized/, none: /without a token/, readOnly: /higher privileges.*scope api/ },
  secrets: ['write-token', 'read-token', 'a-wrong-token'],
}));
