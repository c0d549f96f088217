import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { GitHubCredentials } from '../../../../shared/git-host/github/api/credentials.ts';
import { gitHub } from './stage.ts';

const github = gitHub();
const FILES = [{ path: 'k8s/a.yml', content: 'a: 1\n' }];
const INSTALLATION = 'GET installation 200';
const TOKEN = 'POST /api/v3/app/installations/815/access_tokens 201';
const BRANCH = 'GET branches/main 200';

function app(more: Partial<GitHubCredentials & { readonly kind: 'app' }> = {}): GitHubCredentials {
  const { id: appId, privateKey } = github.double().app;
  return { kind: 'app', appId, privateKey, ...more };
}

describe('an App', () => {
  test('finds its installation, and uses one token for all that follows', async () => {
    const { again, asked } = github.stage(FILES);
    asked();
    const host = again({ credentials: app() });
    await host.head('main');
    await host.head('main');
    expect(asked()).toEqual([INSTALLATION, TOKEN, BRANCH, 'GET branches/main 304']);
  });

  test('with the number of its installation only gets a token', async () => {
    const { again, asked } = github.stage(FILES);
    asked();
    await again({ credentials: app({ installationId: 815 }) }).head('main');
    expect(asked()).toEqual([TOKEN, BRANCH]);
  });

  test('gets tokens for its repository alone', async () => {
    const { again, name } = github.stage(FILES);
    await again({ credentials: app() }).head('main');
    const granted = [...github.double().app.tokens.values()].map(({ repositories }) => repositories);
    expect(granted).toContainEqual([name]);
  });

  test('gets another where GitHub does not take the one it has any more', async () => {
    const { again, asked } = github.stage(FILES);
    let now = Date.now();
    const host = again({ credentials: app(), now: () => now });
    await host.head('main');
    now += 61_000;
    github.double().expireTokens();
    asked();
    await host.head('main');
    expect(asked()).toEqual(['GET branches/main 401', TOKEN, expect.stringMatching(/^GET branches\/main (200|304)$/)]);
  });

  describe('that has a new token, which a replica of GitHub does not know yet', () => {
    const unknown = (status: number, path: RegExp, times: number) => {
      let left = times;
      github.double().plan = (request) => {
        const isUnknown = path.test(request.path) && left > 0;
        left -= isUnknown ? 1 : 0;
        return isUnknown ? { kind: 'status', status } : undefined;
      };
    };

    test.each([
      { what: 'a branch', status: 404, path: /branches/ },
      { what: 'a branch', status: 401, path: /branches/ },
      { what: 'a branch', status: 403, path: /branches/ },
      { what: 'a tree', status: 404, path: /git\/trees/ },
      { what: 'a file', status: 404, path: /git\/blobs/ },
      { what: 'a write', status: 404, path: /git\/commits/ },
    ])('asks again for $what where it answers $status', async ({ status, path }) => {
      const { again } = github.stage(FILES);
      unknown(status, path, 2);
      const host = again({ credentials: app() });
      const head = await host.head('main');
      expect(await host.files(head, ['k8s'])).toMatchObject([{ path: 'k8s/a.yml', text: 'a: 1\n' }]);
      const edits = [{ path: 'k8s/a.yml', text: 'a: 2\n' }];
      const request = { branch: 'main', expectedHead: head, edits, message: 'x\n', author: undefined };
      expect(await host.commit(request)).toMatch(/^[0-9a-f]{40}$/);
    });

    test('never takes a file of the tree for one that is gone', { timeout: 20_000 }, async () => {
      const { again } = github.stage(FILES);
      unknown(404, /git\/blobs/, 100);
      const host = again({ credentials: app() });
      await expect(host.files(await host.head('main'), ['k8s/a.yml'])).rejects.toMatchObject({
        code: 'git-unavailable',
        retryable: true,
        message: expect.stringMatching(
          /file k8s\/a\.yml: expected the content of a file of the tree, found none \(status 404\)\.?$/,
        ),
      });
    });

    test('does not ask again a minute later', async () => {
      const { again, asked } = github.stage(FILES);
      let now = Date.now();
      const host = again({ credentials: app(), now: () => now });
      await host.head('main');
      now += 61_000;
      asked();
      await expect(host.head('gone')).rejects.toMatchObject({ code: 'git-not-found' });
      expect(asked()).toEqual(['GET branches/gone 404', 'GET commits?per_page=1 200']);
    });
  });

  test('commits under its own name, which GitHub signs', async () => {
    const { again, bare } = github.stage(FILES);
    const host = again({ credentials: app() });
    const expectedHead = await host.head('main');
    const edits = [{ path: 'k8s/a.yml', text: 'a: 2\n' }];
    await host.commit({ branch: 'main', expectedHead, edits, message: 'x\n', author: undefined });
    expect(bare.log()[0]).toMatchObject({
      author: 'sluice[bot] <4712+sluice[bot]@users.noreply.github.com>',
      committer: 'GitHub <noreply@github.com>',
    });
    expect(bare.git('cat-file', 'commit', 'main')).toContain('gpgsig ');
  });
});

describe('an App is refused', () => {
  const otherKey = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  test.each([
    {
      name: 'by the key of another',
      credentials: () => app({ privateKey: otherKey() }),
      code: 'git-unauthorized',
      says: /expected credentials that GitHub knows, found A JSON web token could not be decoded \(status 401\)\. Check the credentials of this repository/,
    },
    {
      name: 'with what is no key',
      credentials: () =>
        app({ privateKey: '-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n' }),
      code: 'git-unauthorized',
      says: /expected the private key of a GitHub App in PEM, found one that cannot be used: .*Check the credentials of this repository in sluice\.yml\.$/s,
    },
    {
      name: 'with an installation that is not there',
      credentials: () => app({ installationId: 1 }),
      code: 'git-not-found',
      says: /expected a repository that has this GitHub App installed, found none \(status 404\): it does not exist, or the App is not installed on it\. Check the url and the credentials of this repository in sluice\.yml, and install the App on it\.$/,
    },
  ])('$name: $code', async ({ credentials, code, says }) => {
    const { again } = github.stage(FILES);
    const given = credentials();
    const error: unknown = await again({ credentials: given })
      .head('main')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable: false, message: expect.stringMatching(says) });
    expect(String(error)).not.toMatch(/c2VjcmV0|BEGIN/);
  });

  test('where it is not installed, until it is', async () => {
    const { again } = github.stage(FILES);
    const host = again({ credentials: app() });
    github.double().app.installed = false;
    try {
      await expect(host.head('main')).rejects.toMatchObject({ code: 'git-not-found' });
    } finally {
      github.double().app.installed = true;
    }
    expect(await host.head('main')).toMatch(/^[0-9a-f]{40}$/);
  });

  test('without a permission, which is named', async () => {
    const { again } = github.stage(FILES);
    const { permissions } = github.double().app;
    github.double().app.permissions = { ...permissions, contents: 'read' };
    try {
      let now = Date.now();
      const host = again({ credentials: app(), now: () => now });
      const expectedHead = await host.head('main');
      now += 61_000;
      const edits = [{ path: 'k8s/a.yml', text: 'a: 2\n' }];
      await expect(
        host.commit({ branch: 'main', expectedHead, edits, message: 'x', author: undefined }),
      ).rejects.toMatchObject({
        code: 'git-unauthorized',
        message: expect.stringMatching(/permission contents: write, found Resource not accessible by integration/),
      });
    } finally {
      github.double().app.permissions = permissions;
    }
  });

  test('while GitHub wants to be left alone', async () => {
    const { again } = github.stage(FILES);
    github.double().plan = ({ path }) =>
      path.endsWith('/access_tokens') ? { kind: 'status', status: 429, headers: { 'retry-after': '7' } } : undefined;
    await expect(again({ credentials: app() }).head('main')).rejects.toMatchObject({
      code: 'git-rate-limited',
      retryAfterSeconds: 7,
    });
  });
});
