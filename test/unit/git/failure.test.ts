import { describe, expect, test } from 'vitest';
import { isContention, isDamage, lockOf } from '../../../infra/agent/git/clone-fault.ts';
import { AGENT_ADVICE } from '../../../shared/git/advice.ts';
import { classify } from '../../../shared/git/failure.ts';

const CREDENTIALS =
  'Check the credentials of this repository in sluice.yml: they must be allowed to read it and to push.';
const PLACE = 'Check the url and the branch in sluice.yml.';
const ALLOW = 'Allow the account of these credentials to push to the branch.';
const push = (why: string) =>
  `error: failed to push some refs to 'https://git.example.com/hello.git'\n!\tx:refs/heads/main\t${why}\nDone\n`;

// Words of git 2.39, JGit, GitHub, GitLab, Gitea, Gerrit and Azure DevOps; what the servers of this machine say is in test/contract/git-*.ts.
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
    name: 'a full disk under the ref',
    said: `remote: error: cannot lock ref 'refs/heads/main': Unable to create '/srv/git/hello.git/refs/heads/main.lock': No space left on device\n${push('[remote rejected] (failed to update ref)')}`,
    code: 'git-unavailable',
    retryable: true,
    message:
      "r: cannot lock ref 'refs/heads/main': Unable to create '/srv/git/hello.git/refs/heads/main.lock': No space left on device; !\tx:refs/heads/main\t[remote rejected] (failed to update ref)",
  },
  {
    name: 'a full disk under the objects',
    said: `error: file write error: No space left on device\nfatal: unpack-objects failed\n${push('[remote rejected] (unpacker error)')}`,
    code: 'git-unavailable',
    retryable: true,
    message:
      'r: file write error: No space left on device; unpack-objects failed; !\tx:refs/heads/main\t[remote rejected] (unpacker error)',
  },
  {
    name: 'an internal error of GitHub',
    said: `remote: Internal Server Error\n${push('[remote rejected] (Internal Server Error)')}`,
    code: 'git-unavailable',
    retryable: true,
    message: 'r: Internal Server Error; !\tx:refs/heads/main\t[remote rejected] (Internal Server Error)',
  },
  {
    name: 'an internal error of GitLab, told by its hook',
    said: `remote: GitLab: Internal API error (500)\n${push('[remote rejected] (pre-receive hook declined)')}`,
    code: 'git-unavailable',
    retryable: true,
    message: 'r: GitLab: Internal API error (500); !\tx:refs/heads/main\t[remote rejected] (pre-receive hook declined)',
  },
  {
    name: 'a hook that took too long',
    said: `remote: pre-receive hook timed out\n${push('[remote rejected] (pre-receive hook declined)')}`,
    code: 'git-unavailable',
    retryable: true,
    message: 'r: pre-receive hook timed out; !\tx:refs/heads/main\t[remote rejected] (pre-receive hook declined)',
  },
  {
    name: 'a branch in the place of a folder',
    said: `remote: error: cannot lock ref 'refs/heads/deploy/web': 'refs/heads/deploy' exists; cannot create 'refs/heads/deploy/web'\n${push('[remote rejected] (failed to update ref)')}`,
    code: 'git-refused',
    retryable: false,
    message:
      "r: cannot lock ref 'refs/heads/deploy/web': 'refs/heads/deploy' exists; cannot create 'refs/heads/deploy/web'; !\tx:refs/heads/main\t[remote rejected] (failed to update ref). One branch has the name of a folder of another: choose other names.",
  },
  {
    name: 'an old value that is none',
    said: push('[remote rejected] (incorrect old value provided)'),
    code: 'git-head-moved',
    retryable: true,
    message: 'r: !\tx:refs/heads/main\t[remote rejected] (incorrect old value provided)',
  },
  ...['already exists', 'no such ref', 'invalid old id sent', 'failed to lock', 'non-fast forward'].map((reason) => ({
    name: `a branch that moved, at JGit (${reason})`,
    said: push(`[remote rejected] (${reason})`),
    code: 'git-head-moved',
    retryable: true,
    message: `r: !\tx:refs/heads/main\t[remote rejected] (${reason})`,
  })),
  {
    name: 'a branch that moved, at Azure DevOps',
    said: push(
      "[remote rejected] (TF401028: The reference 'refs/heads/main' has already been updated by another client, so you cannot update it. Please try again.)",
    ),
    code: 'git-head-moved',
    retryable: true,
    message:
      "r: !\tx:refs/heads/main\t[remote rejected] (TF401028: The reference 'refs/heads/main' has already been updated by another client, so you cannot update it. Please try again.)",
  },
  {
    name: 'a branch of Azure DevOps that takes pull requests only',
    said: push(
      '[remote rejected] (TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.)',
    ),
    code: 'git-refused',
    retryable: false,
    message: `r: !\tx:refs/heads/main\t[remote rejected] (TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.). ${ALLOW}`,
  },
  {
    name: 'a service that JGit does not give',
    said: 'Git access forbidden',
    code: 'git-unauthorized',
    retryable: false,
    message: `r: Git access forbidden. ${CREDENTIALS}`,
  },
  {
    name: 'a service that Gerrit does not permit',
    said: 'fatal: receive-pack not permitted on this server\n',
    code: 'git-refused',
    retryable: false,
    message: `r: receive-pack not permitted on this server. ${ALLOW}`,
  },
  {
    name: 'a commit that JGit does not give any more',
    said: 'want 558e43bc835aa738c8b46875ea359a4cfc36c745 not valid',
    code: 'git-not-found',
    retryable: false,
    message: `r: want 558e43bc835aa738c8b46875ea359a4cfc36c745 not valid. ${PLACE}`,
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
    name: 'a protected branch of Gitea',
    said: `remote: error: \nremote: error: Not allowed to push to protected branch main\nremote: error: \n${push('[remote rejected] (pre-receive hook declined)')}`,
    code: 'git-refused',
    retryable: false,
    message: `r: Not allowed to push to protected branch main; !\tx:refs/heads/main\t[remote rejected] (pre-receive hook declined). ${ALLOW}`,
  },
  {
    name: 'a deploy key of Gitea that may only read',
    said: 'error:\nerror: Deploy Key: 3:sluice is not authorized to write acme/hello.\nerror:\n',
    code: 'git-refused',
    retryable: false,
    message: `r: Deploy Key: 3:sluice is not authorized to write acme/hello. ${ALLOW}`,
  },
  {
    name: 'a user of Gitea who may not read',
    said: 'error:\nerror: User: 2:ada with Key: 4:laptop is not authorized to read acme/hello.\nerror:\n',
    code: 'git-unauthorized',
    retryable: false,
    message: `r: User: 2:ada with Key: 4:laptop is not authorized to read acme/hello. ${CREDENTIALS}`,
  },
  {
    name: 'an account of Gitea that is disabled',
    said: 'error:\nerror: Your account is disabled.\nerror:\n',
    code: 'git-unauthorized',
    retryable: false,
    message: `r: Your account is disabled. ${CREDENTIALS}`,
  },
  {
    name: 'a repository that Gitea does not show',
    said: 'error:\nerror: Cannot find repository: acme/hello\nerror:\n',
    code: 'git-not-found',
    retryable: false,
    message: `r: Cannot find repository: acme/hello. ${PLACE}`,
  },
  {
    name: 'a repository that Gitea cannot open yet',
    said: 'error:\nerror: Repository cannot be accessed, you could retry it later\nerror:\n',
    code: 'git-unavailable',
    retryable: true,
    message: 'r: Repository cannot be accessed, you could retry it later',
  },
  ...[
    { host: 'Gitea', said: 'error: Repo: acme/hello is archived.', told: 'Repo: acme/hello is archived' },
    {
      host: 'GitHub',
      said: 'ERROR: This repository was archived so it is read-only.',
      told: 'This repository was archived so it is read-only',
    },
    {
      host: 'GitLab',
      said: "remote: ERROR: You can't push code to an archived project.",
      told: "You can't push code to an archived project",
    },
  ].map(({ host, said, told }) => ({
    name: `an archived repository of ${host}`,
    said,
    code: 'git-refused',
    retryable: false,
    message: `r: ${told}. Take the repository out of the archive.`,
  })),
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

const LONG = `/${'long/'.repeat(800)}clone`;

describe('what is told of the clone from all that git said, of which people read a part', () => {
  test.each([
    {
      name: 'an empty object, whose fault stands behind its long path',
      said: `error: object file ${LONG}/objects/33/bf is empty\nfatal: loose object 33bf (stored in ${LONG}/objects/33/bf) is corrupt\n`,
      expected: { isDamage: true, isContention: false, lock: undefined },
    },
    {
      name: 'damage behind many warnings',
      said: `${'error: of something else\n'.repeat(50)}fatal: bad object refs/sluice/main\n`,
      expected: { isDamage: true, isContention: false, lock: undefined },
    },
    {
      name: 'a lock with a long path',
      said: `fatal: Unable to create '${LONG}/shallow.lock': File exists.\n`,
      expected: { isDamage: false, isContention: true, lock: `${LONG}/shallow.lock` },
    },
    {
      name: 'a folder of objects that another process has removed',
      said: `error: unable to write file ${LONG}/objects/5a/0c5b: No such file or directory\nfatal: unpack-objects error\n`,
      expected: { isDamage: false, isContention: true, lock: undefined },
    },
    {
      name: 'an object that a full disk does not take',
      said: `error: unable to write file ${LONG}/objects/5a/0c5b: No space left on device\n`,
      expected: { isDamage: false, isContention: false, lock: undefined },
    },
    {
      name: 'damage of the repository at the host',
      said: 'remote: fatal: bad object HEAD\nfatal: protocol error\n',
      expected: { isDamage: false, isContention: false, lock: undefined },
    },
    {
      name: 'a folder that is called after a fault',
      said: "fatal: unable to access 'https://git.example.com/bad object.git/': Could not resolve host\n",
      expected: { isDamage: false, isContention: false, lock: undefined },
    },
    {
      name: 'a state directory that is called after a fault',
      said: 'fatal: write error in /var/corrupt/clone/objects: No space left on device\n',
      expected: { isDamage: false, isContention: false, lock: undefined },
    },
  ])('$name', ({ said, expected }) => {
    const error = classify('r', said, 128);
    expect(error.found.length).toBeLessThanOrEqual(600);
    const told = { isDamage: isDamage(error, LONG), isContention: isContention(error), lock: lockOf(error) };
    expect(told).toEqual(expected);
  });
});

describe('the agent names its own settings where git refuses', () => {
  test.each([
    {
      name: 'the key of the host',
      said: 'Host key verification failed.',
      next: 'Check --known-hosts (knownHosts of the source) against the keys that the host publishes.',
    },
    {
      name: 'the credentials',
      said: "fatal: Authentication failed for 'https://git.example.com/hello.git/'",
      next: 'Check --git-token-file or --ssh-key (credentials of the source), or the deploy key of the agent: it must be allowed to read the repository, and to push the marker tag unless there is --no-marker.',
    },
    {
      name: 'the right to push',
      said: 'remote: ERROR: The key you are authenticating with has been marked as read only.',
      next: 'Allow the key or token of the agent to push the tag of --marker, or give --no-marker (marker: false of the source).',
    },
    {
      name: 'the place',
      said: "fatal: couldn't find remote ref refs/heads/main",
      next: 'Check --git-url and --git-branch (url and branch of the source).',
    },
  ])('$name', ({ said, next }) => {
    expect(classify('r', said, 128, AGENT_ADVICE).message).toMatch(new RegExp(`${next.replaceAll(/[()]/g, '\\$&')}$`));
  });
});
