import { afterEach, expect } from 'vitest';
import type { GitHubCredentials } from '../../shared/git-host/github/api/credentials.ts';
import { openGitHub } from '../../shared/git-host/github/open.ts';
import { newApp } from '../doubles/github/app.ts';
import { startGitHubDouble } from '../doubles/github/server.ts';
import { type Access, describeGitAccess } from './git-access.ts';
import { describeGitCommitter } from './git-committer.ts';
import { describeGitHost } from './git-host.ts';
import { describeGitHistory } from './git-host-history.ts';
import { describeGitSpecialCases } from './git-host-special.ts';

const timeoutMillis = 20_000;
const CREDENTIALS: Readonly<Record<Access, GitHubCredentials>> = {
  write: { kind: 'token', token: 'write-token' },
  read: { kind: 'token', token: 'read-token' },
  wrong: { kind: 'token', token: 'a wrong one' },
  none: { kind: 'none' },
};

const violations: string[][] = [];
afterEach(() => {
  expect(violations.flatMap((told) => told.splice(0))).toEqual([]);
});

/** A token of an App is too new for some replicas for seconds; nobody has to wait for that here. */
const TIMES_FASTER = 100;

function fastClock(): () => number {
  const begun = Date.now();
  return () => begun + (Date.now() - begun) * TIMES_FASTER;
}

async function start(directory: string) {
  const double = await startGitHubDouble({ directory });
  violations.push(double.violations);
  const open = (name: string, credentials: GitHubCredentials) =>
    openGitHub({ url: `${double.url}/acme/${name}.git`, credentials, timeoutMillis, now: fastClock() });
  return { double, open, stop: async () => double.stop() };
}

describeGitHost('GitHub by an App', async (directory) => {
  const { double, open, stop } = await start(directory);
  const { id: appId, privateKey } = double.app;
  return { open: (name) => open(name, { kind: 'app', appId, privateKey }), stop };
});

const startByToken = async (directory: string) => {
  const { open, stop } = await start(directory);
  return { open: (name: string) => open(name, CREDENTIALS.write), stop };
};

describeGitHost('GitHub by a token', startByToken);

describeGitHistory('GitHub', startByToken);

describeGitCommitter('GitHub', startByToken);

describeGitSpecialCases('GitHub', startByToken);

describeGitAccess('GitHub', async (directory) => {
  const { open, stop } = await start(directory);
  return {
    open: (name, access) => open(name, CREDENTIALS[access]),
    stop,
    says: {
      wrong: /Bad credentials/,
      none: /expected credentials, found none/,
      readOnly: /the permission contents: write/,
    },
    secrets: ['write-token', 'read-token', 'a wrong one'],
  };
});

describeGitAccess('GitHub by an App', async (directory) => {
  const { double, open, stop } = await start(directory);
  const { id: appId, privateKey, permissions } = double.app;
  return {
    open(name, access) {
      const level = access === 'write' ? 'write' : 'read';
      double.app.permissions = { ...permissions, contents: level, statuses: level };
      const wrong = newApp().privateKey;
      return open(
        name,
        access === 'none'
          ? CREDENTIALS.none
          : { kind: 'app', appId, privateKey: access === 'wrong' ? wrong : privateKey },
      );
    },
    stop,
    says: {
      wrong: /A JSON web token could not be decoded/,
      none: /expected credentials, found none/,
      readOnly: /the permission contents: write/,
    },
    secrets: ['PRIVATE KEY'],
  };
});
