import { describe, expect, test } from 'vitest';
import {
  isSuperseded,
  type ProposedChange,
  proposalsOf,
  pullRequestBody,
  supersededBody,
} from '../../../../functions/commit-image/message/pull-request-body.ts';

const HELLO = 'ghcr.io/acme/hello';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

function change(
  more: { readonly object?: string; readonly policy?: string; readonly from?: string } = {},
): ProposedChange {
  const from = more.from ?? `${HELLO}:1.0.0`;
  return {
    update: {
      version: 1,
      repository: 'https://github.com/acme/deploy.git',
      branch: 'main',
      revision: 'c0ffee',
      site: { file: 'k8s/hello.yml', object: more.object ?? 'deployment/default/hello', container: 'app' },
      image: HELLO,
      from: `${HELLO}:0.9.0`,
      to: { tag: '1.0.1', digest: DIGEST },
      policy: more.policy ?? 'semver:~1',
      push: { id: '1', source: 'ghcr', pushedAt: '2026-11-23T10:00:00Z', receivedAt: '2026-11-23T10:00:01Z' },
    },
    from,
    to: `${HELLO}:1.0.1`,
  };
}

describe('the body of a pull request', () => {
  test('shows what changes as a table', () => {
    const sources = {
      fromSource: { source: 'https://github.com/acme/hello', revision: 'a'.repeat(40) },
      toSource: { source: 'https://github.com/acme/hello', revision: 'b'.repeat(40) },
    };
    const link = `[aaaaaaa…bbbbbbb](https://github.com/acme/hello/compare/${'a'.repeat(40)}...${'b'.repeat(40)})`;
    expect(pullRequestBody([{ ...change(), ...sources }]).replace(/<!--.*-->/, '')).toBe(
      `| Workload | Container | From | To | Policy | Pushed at | Compare |
| --- | --- | --- | --- | --- | --- | --- |
| \`deployment/default/hello\` | \`app\` | \`1.0.0\` | \`1.0.1\` | \`semver:~1\` | 2026-11-23T10:00:00Z | ${link} |

In \`k8s/hello.yml\`.

Newer images are added here as they come. Closing this without merging declines these versions: they are not proposed again.

`,
    );
  });

  test('shows the digest where the tag stays', () => {
    expect(pullRequestBody([change({ from: `${HELLO}:1.0.1` })])).toContain(
      '| `1.0.1` | `1.0.1@sha256:abababababab` |',
    );
  });

  test.each([
    { name: 'a bar', policy: 'regexp:^(a|b)$', shows: '`regexp:^(a\\|b)$`' },
    { name: 'a line break', policy: 'glob:*\n| x |', shows: '`glob:* \\| x \\|`' },
    { name: 'code', policy: 'glob:`@everyone`', shows: "`glob:'%40everyone'`" },
    { name: 'a bar behind a backslash', policy: 'regexp:a\\| b', shows: '`regexp:a\\%7C b`' },
    { name: 'what closes an issue', policy: 'glob:* Closes #1', shows: '`glob:* Closes %231`' },
    { name: 'a separator of lines', policy: 'glob:*\u2028/close', shows: '`glob:* /close`' },
  ])('$name in a policy breaks nothing', ({ policy, shows }) => {
    const body = pullRequestBody([change({ policy })]);
    expect(body).toContain(`| ${shows} |`);
    expect(body.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(3);
  });

  test('stays below what hosts take, and counts the rest', () => {
    const body = pullRequestBody(
      Array.from({ length: 400 }, (_, index) => change({ object: `deployment/default/app-number-${index}` })),
    );
    expect(body).toContain('And 250 more.');
    expect(body.length).toBeLessThan(60_000);
    expect(proposalsOf(body)).toHaveLength(400);
  });
});

describe('what a pull request proposes', () => {
  test('is read from its body again, from what stands at the base', () => {
    const { site, image, to, policy, push } = change().update;
    const from = `${HELLO}:1.0.0`;
    expect(proposalsOf(pullRequestBody([change()]))).toEqual([{ site, image, from, to, policy, push }]);
  });

  test.each([
    { name: 'a person’s own', body: 'Please merge' },
    { name: 'an empty one', body: '' },
    { name: 'a damaged one', body: '<!-- sluice:1 AAAA -->' },
    { name: 'one of something else', body: '<!-- sluice:1 q1YqAQA -->' },
  ])('is not known of $name', ({ body }) => {
    expect(proposalsOf(body)).toBeUndefined();
  });

  test('is not declined where we closed it', () => {
    const body = pullRequestBody([change()]);
    expect(isSuperseded(body)).toBe(false);
    expect(isSuperseded(supersededBody(body))).toBe(true);
    expect(supersededBody(supersededBody(body))).toBe(supersededBody(body));
    expect(proposalsOf(supersededBody(body))).toHaveLength(1);
  });
});
