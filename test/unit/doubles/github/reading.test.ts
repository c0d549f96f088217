import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let first: string;
beforeAll(async () => {
  stage = await openStage();
  first = stage.bare.git('rev-parse', 'main').trim();
});
afterAll(async () => stage.stop());
afterEach(() => expect(stage.github.violations.splice(0)).toEqual([]));

describe('branches', () => {
  test('with a slash are found, encoded or not', async () => {
    stage.bare.git('branch', 'release/1.0', 'main');
    for (const line of ['GET ~/branches/release%2F1.0', 'GET ~/branches/release/1.0']) {
      const branch = await stage.call(line);
      expect([branch.status, branch.get('name'), branch.get('commit', 'sha')]).toEqual([200, 'release/1.0', first]);
    }
  });

  test.each([{ branch: 'gone' }, { branch: 'heads/main' }, { branch: 'mai' }])(
    '$branch is not there',
    async ({ branch }) => {
      const answer = await stage.call(`GET ~/branches/${encodeURIComponent(branch)}`);
      expect([answer.status, answer.get('message')]).toEqual([404, 'Branch not found']);
    },
  );
});

describe('a comparison', () => {
  let side: string;
  let head: string;
  beforeAll(async () => {
    side = await stage.branch('side', 'side.yml', 'a: 1\n');
    stage.bare.commit([{ path: 'k8s/deploy.yml', content: 'image: hello:2\n' }]);
    const before = stage.bare.git('rev-parse', 'main').trim();
    const blob = stage.bare.git('rev-parse', 'main:root.yml').trim();
    const tree = [
      { path: 'root.yml', mode: '100644', type: 'blob', sha: null },
      { path: 'moved/root.yml', mode: '100644', type: 'blob', sha: blob },
      { path: 'k8s/run.sh', mode: '100644', type: 'blob', sha: null },
    ];
    const written = await stage.call('POST ~/git/trees', { body: { base_tree: before, tree } });
    const body = { message: 'move', tree: written.get('sha'), parents: [before] };
    head = String((await stage.call('POST ~/git/commits', { body })).get('sha'));
    await stage.call('PATCH ~/git/refs/heads/main', { body: { sha: head } });
  });

  test.each([
    { base: 'FIRST', to: 'main', status: 'ahead', ahead: 2, behind: 0, files: 3 },
    { base: 'main', to: 'FIRST', status: 'behind', ahead: 0, behind: 2, files: 0 },
    { base: 'main', to: 'main', status: 'identical', ahead: 0, behind: 0, files: 0 },
    { base: 'main', to: 'side', status: 'diverged', ahead: 1, behind: 2, files: 1 },
    { base: 'SIDE', to: 'acme:main', status: 'diverged', ahead: 2, behind: 1, files: 3 },
  ])('$base...$to: $status, from where they parted', async ({ base, to, status, ahead, behind, files }) => {
    const [from, end] = [base, to].map((name) => name.replace('FIRST', first).replace('SIDE', side));
    const compared = await stage.call(`GET ~/compare/${from}...${end}`);
    expect({
      status: compared.get('status'),
      ahead: compared.get('ahead_by'),
      behind: compared.get('behind_by'),
      commits: compared.get('total_commits'),
      parted: compared.get('merge_base_commit', 'sha'),
      files: [compared.get('files')].flat().length,
    }).toEqual({
      status,
      ahead,
      behind,
      commits: ahead,
      parted: base === 'main' && to === 'main' ? head : first,
      files,
    });
  });

  test('names what is changed, removed and moved, and from where', async () => {
    const compared = await stage.call(`GET ~/compare/${first}...main`);
    expect(compared.get('files')).toMatchObject([
      { filename: 'k8s/deploy.yml', status: 'modified', additions: 1, deletions: 1, changes: 2 },
      { filename: 'k8s/run.sh', status: 'removed' },
      { filename: 'moved/root.yml', status: 'renamed', previous_filename: 'root.yml', changes: 0 },
    ]);
    expect(compared.get('commits', 1, 'sha')).toBe(head);
  });

  test('shows commits in pages, and files on the first alone', async () => {
    const second = await stage.call(`GET ~/compare/${first}...main?per_page=1&page=2`);
    expect([second.get('commits', 0, 'sha'), second.get('total_commits'), second.get('files')]).toEqual([head, 2, []]);
    expect(second.headers.get('link')).toContain('rel="prev"');
  });

  test('shows no more than 300 files', async () => {
    const files = Array.from({ length: 301 }, (_, index) => ({ path: `many/${index}.yml`, content: `a: ${index}\n` }));
    const many = stage.repository('many', [{ path: 'a', content: '' }]);
    const base = many.git('rev-parse', 'main').trim();
    many.commit(files);
    const compared = await stage.call(`GET /repos/acme/many/compare/${base}...main`);
    expect([compared.get('files')].flat()).toHaveLength(300);
  });

  test.each([
    { name: 'what is not there', basehead: 'gone...main', says: 'Not Found' },
    { name: 'what is no revision', basehead: 'main...HEAD^', says: 'Not Found' },
    { name: 'no common history', basehead: 'orphan...main', says: 'No common ancestor between orphan and main.' },
  ])('with $name: 404', async ({ basehead, says }) => {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const orphan = stage.bare.git(...identity, 'commit-tree', '-m', 'anew', `${first}^{tree}`).trim();
    stage.bare.git('update-ref', 'refs/heads/orphan', orphan);
    const compared = await stage.call(`GET ~/compare/${basehead}`);
    expect([compared.status, compared.get('message')]).toEqual([404, says]);
  });

  test('the history goes by pages that lead on, by the number of the repository', async () => {
    const messages: unknown[] = [];
    let line = 'GET ~/commits?sha=main&per_page=1';
    for (let link: string | undefined = line; link !== undefined; ) {
      const page = await stage.call(line);
      messages.push(page.get(0, 'commit', 'message'));
      link = /<[^>]*\/api\/v3([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      line = `GET ${link}`;
    }
    expect(messages).toEqual(['move', 'other', 'other']);
    const ofPath = await stage.call('GET ~/commits?path=k8s/deploy.yml&per_page=500');
    expect([ofPath.get(0, 'commit', 'message'), ofPath.get(2)]).toEqual(['other', undefined]);
    expect((await stage.call('GET ~/commits?sha=gone')).status).toBe(404);
  });
});

describe('an archive', () => {
  test('lies at another origin, with the real files below one folder', async () => {
    const answer = await stage.call(`GET ~/tarball/${first}`);
    const location = answer.headers.get('location') ?? '';
    expect([answer.status, location.startsWith(`${stage.github.codeload}/acme/shop/`)]).toEqual([302, true]);
    const archive = Buffer.from(await (await fetch(location)).arrayBuffer());
    const listed = execFileSync('tar', ['-tz', '--quoting-style=literal'], { input: archive })
      .toString('utf8')
      .split('\n');
    expect(listed).toContain(`acme-shop-${first.slice(0, 7)}/k8s/deploy.yml`);
  });

  test('is told of credentials that were sent on', async () => {
    const answer = await stage.call('GET ~/tarball/main');
    await fetch(answer.headers.get('location') ?? '', { headers: { authorization: 'Bearer write-token' } });
    expect(stage.github.violations.splice(0)).toEqual([
      'GET /acme/shop/legacy.tar.gz/main: the credentials were sent on to another origin',
    ]);
  });

  test.each([
    { name: 'a revision that is not there', at: 'gone', change: (place: string) => place },
    { name: 'a wrong secret', at: 'main', change: (place: string) => `${place}0` },
  ])('of $name: 404', async ({ at, change }) => {
    const answer = await stage.call(`GET ~/tarball/${at}`);
    expect((await fetch(change(answer.headers.get('location') ?? ''))).status).toBe(404);
  });
});

describe('contents', () => {
  test.each([
    { path: 'k8s/deploy.yml', type: 'file', content: 'image: hello:1\n' },
    { path: 'with%20space/%C3%BC.yml', type: 'file', content: 'a: 1\n' },
    { path: 'k8s/link.yml', type: 'symlink', content: undefined },
    { path: 'module', type: 'submodule', content: undefined },
  ])('$path is a $type', async ({ path, type, content }) => {
    const answer = await stage.call(`GET ~/contents/${path}?ref=${first}`);
    const found = answer.get('content');
    const text = typeof found === 'string' ? Buffer.from(found, 'base64').toString('utf8') : undefined;
    expect([answer.status, answer.get('type'), text]).toEqual([200, type, content]);
  });

  test('of a folder are a list', async () => {
    const folder = await stage.call(`GET ~/contents/k8s?ref=${first}`);
    expect(folder.get(0)).toMatchObject({ path: 'k8s/deploy.yml', type: 'file', size: 15 });
    expect((await stage.call(`GET ~/contents/?ref=${first}`)).get(0)).toMatchObject({ path: 'k8s', type: 'dir' });
    expect((await stage.call('GET ~/contents/nowhere')).status).toBe(404);
  });
});
