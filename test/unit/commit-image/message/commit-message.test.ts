import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  type CommittedChange,
  commitMessage,
  type MessageStyle,
} from '../../../../functions/commit-image/message/commit-message.ts';
import type { ImageUpdate } from '../../../../shared/queue/messages.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const HELLO = 'registry.gitlab.com/lucj/hello';

const push = {
  id: '320678d8-ca14',
  source: 'gitlab',
  pushedAt: '2026-11-23T10:00:00Z',
  receivedAt: '2026-11-23T10:00:01Z',
};

function change(update: Partial<ImageUpdate> = {}, from = `${update.image ?? HELLO}:1.0.0`): CommittedChange {
  const image = update.image ?? HELLO;
  const whole: ImageUpdate = {
    version: 1,
    repository: 'https://gitlab.com/lucj/hello.git',
    branch: 'master',
    revision: 'c0ffee',
    site: { file: 'k8s/deploy.yml', object: 'deployment/default/hello', container: 'hello' },
    image,
    from,
    to: { tag: '1.0.1', digest: DIGEST },
    policy: 'semver ~1.0',
    push,
    ...update,
  };
  return { update: whole, from, to: `${image}:${whole.to.tag}` };
}

const style = (skipCi: boolean): MessageStyle => ({ branch: 'master', skipCi, message: {} });

/** What git itself reads as trailers. */
function trailersOf(message: string): readonly string[] {
  const input = execFileSync('git', ['interpret-trailers', '--parse'], { input: message, encoding: 'utf8' });
  return input.trim().split('\n');
}

test('one image in one place', () => {
  const message = commitMessage([change()], style(true));
  expect(message).toBe(
    `registry.gitlab.com/lucj/hello: 1.0.0 → 1.0.1

deployment/default/hello container hello: semver ~1.0 (k8s/deploy.yml)

[ci skip]

Sluice-Update: registry.gitlab.com/lucj/hello 1.0.0 1.0.1@${DIGEST}
Sluice-Site: k8s/deploy.yml deployment/default/hello hello registry.gitlab.com/lucj/hello 1.0.1@${DIGEST}
Sluice-Push: gitlab 2026-11-23T10:00:00Z 320678d8-ca14
`,
  );
  expect(trailersOf(message)).toEqual([
    `Sluice-Update: registry.gitlab.com/lucj/hello 1.0.0 1.0.1@${DIGEST}`,
    `Sluice-Site: k8s/deploy.yml deployment/default/hello hello registry.gitlab.com/lucj/hello 1.0.1@${DIGEST}`,
    'Sluice-Push: gitlab 2026-11-23T10:00:00Z 320678d8-ca14',
  ]);
});

test('where CI is not to be skipped, nothing says so', () => {
  expect(commitMessage([change()], style(false))).not.toContain('skip');
});

test('one image in two places: one subject, two lines, one trailer of each kind, and one for each place', () => {
  const site = { file: 'k8s/cron.yml', object: 'cronjob/default/tidy', container: 'tidy' };
  expect(commitMessage([change(), change({ site })], style(true))).toBe(
    `registry.gitlab.com/lucj/hello: 1.0.0 → 1.0.1

deployment/default/hello container hello: semver ~1.0 (k8s/deploy.yml)
cronjob/default/tidy container tidy: semver ~1.0 (k8s/cron.yml)

[ci skip]

Sluice-Update: registry.gitlab.com/lucj/hello 1.0.0 1.0.1@${DIGEST}
Sluice-Site: k8s/deploy.yml deployment/default/hello hello registry.gitlab.com/lucj/hello 1.0.1@${DIGEST}
Sluice-Site: k8s/cron.yml cronjob/default/tidy tidy registry.gitlab.com/lucj/hello 1.0.1@${DIGEST}
Sluice-Push: gitlab 2026-11-23T10:00:00Z 320678d8-ca14
`,
  );
});

test('two images: both are named, and every update and push has its trailer', () => {
  const other = change({
    image: 'ghcr.io/lucj/other',
    to: { tag: 'main' },
    push: { id: 'second', source: 'generic', receivedAt: '2026-11-23T11:00:00Z' },
  });
  const message = commitMessage([change(), other], style(true));
  expect(message.split('\n')[0]).toBe('Update registry.gitlab.com/lucj/hello, ghcr.io/lucj/other');
  expect(trailersOf(message)).toEqual([
    `Sluice-Update: registry.gitlab.com/lucj/hello 1.0.0 1.0.1@${DIGEST}`,
    'Sluice-Update: ghcr.io/lucj/other 1.0.0 main',
    `Sluice-Site: k8s/deploy.yml deployment/default/hello hello registry.gitlab.com/lucj/hello 1.0.1@${DIGEST}`,
    'Sluice-Site: k8s/deploy.yml deployment/default/hello hello ghcr.io/lucj/other main',
    'Sluice-Push: gitlab 2026-11-23T10:00:00Z 320678d8-ca14',
    'Sluice-Push: generic 2026-11-23T11:00:00Z second',
  ]);
});

describe('the subject', () => {
  const image = (name: string) => change({ image: `ghcr.io/lucj/${name}` });
  test.each([
    {
      what: 'four images',
      changes: ['a', 'b', 'c', 'd'].map(image),
      subject: 'Update ghcr.io/lucj/a, ghcr.io/lucj/b, ghcr.io/lucj/c and 1 more',
    },
    { what: 'one image from two tags', changes: [change(), change({}, `${HELLO}:0.9`)], subject: `Update ${HELLO}` },
    { what: 'no tag before', changes: [change({}, HELLO)], subject: `${HELLO}: (no tag) → 1.0.1` },
    { what: 'a digest before', changes: [change({}, `${HELLO}@${DIGEST}`)], subject: `${HELLO}: ${DIGEST} → 1.0.1` },
    {
      what: 'a tag and a digest before',
      changes: [change({}, `${HELLO}:1.0.0@${DIGEST}`)],
      subject: `${HELLO}: 1.0.0 → 1.0.1`,
    },
    {
      what: 'a tag that points elsewhere now',
      changes: [change({ to: { tag: 'latest', digest: DIGEST } }, `${HELLO}:latest@sha256:${'0'.repeat(64)}`)],
      subject: `${HELLO}: latest → latest@sha256:0123456789ab`,
    },
    {
      what: 'a registry with a port',
      changes: [change({ image: 'localhost:5000/hello' })],
      subject: 'localhost:5000/hello: 1.0.0 → 1.0.1',
    },
  ])('of $what', ({ changes, subject }) => {
    expect(commitMessage(changes, style(true)).split('\n')[0]).toBe(subject);
  });
});

test.each([
  { what: 'an event id', update: { push: { ...push, id: 'x\n\nSluice-Update: evil 1 2' } } },
  { what: 'an event id with a carriage return', update: { push: { ...push, id: 'x\r\nSluice-Push: evil' } } },
  { what: 'a source', update: { push: { ...push, source: 'x\nSluice-Push: evil' } } },
  { what: 'a policy', update: { policy: 'regexp a\n\nSluice-Update: evil 1 2\n' } },
  {
    what: 'a file',
    update: { site: { file: 'k8s/a\nSigned-off-by: evil', object: 'deployment/default/hello', container: 'hello' } },
  },
  {
    what: 'a container',
    update: {
      site: { file: 'k8s/a', object: 'deployment/default/hello', container: 'x\u0085\u0000\nSigned-off-by: evil' },
    },
  },
  { what: 'a tag', update: { to: { tag: '1\nSluice-Update: evil 1 2' } } },
])('a line break in $what makes no trailer of its own', ({ update }) => {
  const message = commitMessage([change(update)], style(true));
  expect(trailersOf(message)).toHaveLength(3);
  expect(message.split(/\r\n|[\r\n\u0085]/)).toHaveLength(10);
});

test.each(['[skip ci]', 'Closes #1', '@everyone', 'a\u2028Sluice-Site: a b c d 1', 'a b', ''])(
  'the id %j of a sender does not reach the message',
  (id) => {
    const message = commitMessage([change({ push: { ...push, id } })], style(false));
    expect(message).toMatch(/\nSluice-Push: gitlab 2026-11-23T10:00:00Z sha256:[0-9a-f]{32}\n$/);
    expect(message).not.toMatch(/skip ci|#1|@everyone|\u2028/);
  },
);

test('separators of lines and paragraphs begin no line', () => {
  const site = { file: 'a.yml', object: 'pod/a/b\u2028Sluice-Update: x', container: 'c\u2029' };
  expect(commitMessage([change({ site })], style(false))).not.toMatch(/[\u2028\u2029]/);
});

describe('words of a manifest are words only to a host', () => {
  const acts = /\[skip ci\]|@everyone|#1|GH-1|fixes:? PROJ-1|[\u202e\u2028]/i;
  const template = {
    subject: 'Deploy{{#changes}} {{container}}, {{object}}{{/changes}}',
    body: '{{#changes}}{{file}}: {{policy}}, {{object}}, {{container}}, {{source}}\n{{/changes}}',
  };
  const [file, object, container] = ['k8s/a.yml', 'deployment/default/fixes', 'fixes'] as const;
  const places: readonly { readonly as: string; readonly of: (text: string) => Partial<ImageUpdate> }[] = [
    { as: 'the file', of: (text) => ({ site: { file: `k8s/${text}.yml`, object, container } }) },
    { as: 'the object', of: (text) => ({ site: { file, object: `deployment/default/${text}`, container } }) },
    { as: 'the container', of: (text) => ({ site: { file, object, container: text } }) },
    { as: 'the policy', of: (text) => ({ site: { file, object, container }, policy: text }) },
    { as: 'the source', of: (text) => ({ push: { ...push, source: text } }) },
  ];
  const texts = ['[skip ci]', '@everyone', 'Closes #1', 'Closes GH-1', 'PROJ-1', 'a\u202eb', 'a\u2028Closes #1'];
  test.each(texts.flatMap((text) => places.map(({ as, of }) => ({ text, as, update: of(text) }))))(
    '$text as $as',
    ({ update }) => {
      expect(commitMessage([change(update)], style(false))).not.toMatch(acts);
      expect(commitMessage([change(update)], { ...style(false), message: template })).not.toMatch(acts);
    },
  );
});
