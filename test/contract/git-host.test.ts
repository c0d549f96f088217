import { join } from 'node:path';
import { openPlainGit } from '../../shared/git-host/git/open.ts';
import { startGitServerApart } from '../git-server/apart.ts';
import { BASIC_CREDENTIALS, BASIC_SAYS, BASIC_SECRETS, BASIC_USERS } from './basic-access.ts';
import { type Access, describeGitAccess } from './git-access.ts';
import { describeGitCommitter } from './git-committer.ts';
import { describeGitFailures } from './git-failures.ts';
import { describeGitHost } from './git-host.ts';
import { describeGitHistory } from './git-host-history.ts';
import { describeGitSpecialCases } from './git-host-special.ts';

const timeoutMillis = 20_000;

async function startOverHttp(repositories: string) {
  const server = await startGitServerApart({ directory: repositories, users: BASIC_USERS });
  const open = (name: string, access: Access = 'write') => {
    const url = `${server.url}/${name}.git`;
    return openPlainGit({ url, credentials: BASIC_CREDENTIALS[access], timeoutMillis });
  };
  return { open, stop: async () => server.stop() };
}

describeGitHost('plain over HTTP', startOverHttp);

describeGitHistory('plain over HTTP', startOverHttp);

describeGitCommitter('plain over HTTP', startOverHttp);

describeGitSpecialCases('plain over HTTP', startOverHttp);

const startByPath = async (repositories: string) => ({
  open: (name: string) => {
    const url = join(repositories, `${name}.git`);
    return openPlainGit({ url, credentials: { kind: 'none' }, timeoutMillis });
  },
  stop: async () => {},
});

describeGitHost('plain by a path', startByPath);

describeGitHistory('plain by a path', startByPath);

describeGitSpecialCases('plain by a path', startByPath);

describeGitAccess('plain over HTTP', async (repositories) => ({
  ...(await startOverHttp(repositories)),
  says: { ...BASIC_SAYS, readOnly: /HTTP 403/ },
  secrets: BASIC_SECRETS,
}));

const WORDS = {
  answered: (status: number) => `HTTP ${status}`,
  unreachable: /^repository http:.*hello\.git: connect ECONNREFUSED 127\.0\.0\.1:/,
};

describeGitFailures('plain over HTTP', WORDS, (url, timeout) =>
  openPlainGit({
    url: `${url}/hello.git`,
    credentials: BASIC_CREDENTIALS.write,
    timeoutMillis: timeout,
  }),
);
