import { expect, test } from 'vitest';
import { classify } from '../../../shared/git/failure.ts';

const CREDENTIALS =
  'Check the credentials of this repository in sluice.yml: they must be allowed to read it and to push.';
const PLACE = 'Check the url and the branch in sluice.yml.';
const ALLOW = 'Allow the account of these credentials to push to the branch.';
const push = (why: string) =>
  `error: failed to push some refs to 'https://git.example.com/hello.git'\n!\tx:refs/heads/main\t${why}\nDone\n`;

// Words of git 2.39, GitHub, GitLab and Gitea; what the servers of this machine say is in test/contract/git-*.ts.
test.each([
  {
    name: 'fetch first',
    said: push('[rejected] (fetch first)'),
    code: 'git-head-moved',
    retryable: true,
    message: 'r: !\tx:refs/heads/main\t[rejected] (fetch first)',
  },
  {
    name: 'a lost lease',
    said: push('[rejected] (stale info)'),
    code: 'git-head-moved',
    retryable: true,
    message: 'r: !\tx:refs/heads/main\t[rejected] (stale info)',
  },
  {
    name: 'a lost race for the lock',
    said: `remote: error: cannot lock ref 'refs/heads/main': is at aaaa but expected bbbb        \n${push('[remote rejected] (failed to update ref)')}`,
    code: 'git-head-moved',
    retryable: true,
    message:
      "r: cannot lock ref 'refs/heads/main': is at aaaa but expected bbbb; !\tx:refs/heads/main\t[remote rejected] (failed to update ref)",
  },
  {
    name: 'an old value that is none',
    said: push('[remote rejected] (incorrect old value provided)'),
    code: 'git-head-moved',
    retryable: true,
    message: 'r: !\tx:refs/heads/main\t[remote rejected] (incorrect old value provided)',
  },
  {
    name: 'a protected branch of GitLab',
    said: `remote: GitLab: You are not allowed to push code to protected branches on this project.\n${push('[remote rejected] (pre-receive hook declined)')}`,
    code: 'git-refused',
    retryable: false,
    message: `r: GitLab: You are not allowed to push code to protected branches on this project; !\tx:refs/heads/main\t[remote rejected] (pre-receive hook declined). ${ALLOW}`,
  },
  {
    name: 'a protected branch of GitHub',
    said: `remote: error: GH006: Protected branch update failed for refs/heads/main.\n${push('[remote rejected] (protected branch hook declined)')}`,
    code: 'git-refused',
    retryable: false,
    message: `r: GH006: Protected branch update failed for refs/heads/main; !\tx:refs/heads/main\t[remote rejected] (protected branch hook declined). ${ALLOW}`,
  },
  {
    name: 'a read-only deploy key of GitHub',
    said: 'ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n',
    code: 'git-refused',
    retryable: false,
    message: `r: The key you are authenticating with has been marked as read only. ${ALLOW}`,
  },
  {
    name: 'a read-only deploy key of GitLab',
    said: 'remote: \nremote: ========================================================================\nremote: \nremote: ERROR: This deploy key does not have write access to this project.\nremote: \nremote: ========================================================================\nremote: \nfatal: Could not read from remote repository.\n',
    code: 'git-refused',
    retryable: false,
    message: `r: This deploy key does not have write access to this project. ${ALLOW}`,
  },
  {
    name: 'an account without access to it',
    said: "remote: Permission to a/hello.git denied to somebody.\nfatal: unable to access 'https://u:secret@github.com/a/hello.git/': The requested URL returned error: 403\n",
    code: 'git-unauthorized',
    retryable: false,
    message: `r: Permission to a/hello.git denied to somebody; unable to access 'https://github.com/a/hello.git/': The requested URL returned error: 403. ${CREDENTIALS}`,
  },
  {
    name: 'a wrong password',
    said: "remote: HTTP Basic: Access denied.\nfatal: Authentication failed for 'https://gitlab.com/a/hello.git/'\n",
    code: 'git-unauthorized',
    retryable: false,
    message: `r: HTTP Basic: Access denied; Authentication failed for 'https://gitlab.com/a/hello.git/'. ${CREDENTIALS}`,
  },
  {
    name: 'an unknown key',
    said: 'git@github.com: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n',
    code: 'git-unauthorized',
    retryable: false,
    message: `r: git@github.com: Permission denied (publickey). ${CREDENTIALS}`,
  },
  {
    name: 'a repository that GitHub does not show',
    said: 'ERROR: Repository not found.\nfatal: Could not read from remote repository.\n',
    code: 'git-not-found',
    retryable: false,
    message: `r: Repository not found. ${PLACE}`,
  },
  {
    name: 'a project that GitLab does not show',
    said: "remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.\nfatal: Could not read from remote repository.\n",
    code: 'git-not-found',
    retryable: false,
    message: `r: The project you were looking for could not be found or you don't have permission to view it. ${PLACE}`,
  },
  {
    name: 'no such branch',
    said: "fatal: couldn't find remote ref refs/heads/gone\n",
    code: 'git-not-found',
    retryable: false,
    message: `r: couldn't find remote ref refs/heads/gone. ${PLACE}`,
  },
  {
    name: 'too many requests',
    said: "fatal: unable to access 'https://github.com/a/b/': The requested URL returned error: 429\n",
    code: 'git-unavailable',
    retryable: true,
    message: "r: unable to access 'https://github.com/a/b/': The requested URL returned error: 429",
  },
  {
    name: 'a push that met a failing server',
    said: 'error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up unexpectedly\n',
    code: 'git-unavailable',
    retryable: true,
    message:
      'r: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502; the remote end hung up unexpectedly',
  },
  {
    name: 'a certificate that is not trusted',
    said: "fatal: unable to access 'https://git.example.com/': server certificate verification failed. CAfile: none CRLfile: none\n",
    code: 'git-unavailable',
    retryable: false,
    message:
      "r: unable to access 'https://git.example.com/': server certificate verification failed. CAfile: none CRLfile: none. The host must have a certificate that this machine trusts.",
  },
  {
    name: "somebody else's repository on this machine",
    said: "fatal: detected dubious ownership in repository at '/srv/hello.git'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /srv/hello.git\nfatal: Could not read from remote repository.\n",
    code: 'git-refused',
    retryable: false,
    message:
      "r: detected dubious ownership in repository at '/srv/hello.git'. Run Sluice as the owner of the repository.",
  },
  {
    name: 'what nobody foresaw',
    said: 'fatal: the moon is full\n',
    code: 'git-unavailable',
    retryable: true,
    message: 'r: the moon is full',
  },
  { name: 'nothing', said: '', code: 'git-unavailable', retryable: true, message: 'r: git ended with status 1' },
])('$name: $code', ({ said, code, retryable, message }) => {
  expect(classify('r', said, 1)).toMatchObject({ code, retryable, message });
});

test('a talkative host: what it said is cut', () => {
  expect(classify('r', 'remote: very long\n'.repeat(5000), 1).message).toBe(
    `r: ${Array.from({ length: 4 }, () => 'very long').join('; ')}`,
  );
  expect(classify('r', `fatal: ${'x'.repeat(5000)}`, 1).found).toHaveLength(600);
});

test('ended by a signal', () => {
  expect(classify('r', '', null).message).toBe('r: git ended with a signal');
});
