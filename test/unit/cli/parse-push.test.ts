import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sluice } from '../../command-line.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const SECRET = 'a secret';
const UNPROVEN = 'not proven, for want of --secret';

/** Runs the command with this on its standard input. */
const parsePush = async (words: readonly string[], body: string) => sluice(['parse-push', ...words], {}, body);

const hmac = (body: string) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
const header = (name: string, value: string) => ['--header', `${name}: ${value}`];

const envelope = (event: object = {}) =>
  JSON.stringify({
    events: [
      {
        id: '1',
        timestamp: '2026-11-24T09:59:58.402973972+01:00',
        action: 'push',
        target: { repository: 'team/hello', tag: '1.0.1', digest: DIGEST },
        request: { host: 'Registry.example.com' },
        actor: { name: 'ci' },
        ...event,
      },
    ],
  });
const ghcr = (name: string) =>
  JSON.stringify({
    action: 'published',
    package: {
      package_type: 'CONTAINER',
      updated_at: '2026-11-24T09:59:58Z',
      package_version: {
        version: DIGEST,
        package_url: `ghcr.io/Acme/web:${name}`,
        container_metadata: { tag: { name, digest: DIGEST } },
      },
    },
    sender: { login: 'octocat' },
  });
const ecr = () =>
  JSON.stringify({
    id: '1',
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account: '123456789012',
    region: 'eu-central-1',
    time: '2026-11-24T09:59:58Z',
    detail: {
      'action-type': 'PUSH',
      result: 'SUCCESS',
      'repository-name': 'team/hello',
      'image-tag': '1.0.1',
      'image-digest': DIGEST,
    },
  });
const image = JSON.stringify({ image: 'registry.example.com/team/hello:1.0.1' });

const ECR = {
  repository: 'team/hello',
  tag: '1.0.1',
  digest: DIGEST,
  pushedAt: '2026-11-24T09:59:58.000Z',
  actor: null,
};
const HELLO = { registry: 'registry.example.com', repository: 'team/hello', tag: '1.0.1' };
const TOLD = { digest: DIGEST, pushedAt: '2026-11-24T08:59:58.402Z', actor: 'ci' };
const UNTOLD = { digest: null, pushedAt: null, actor: null };
const WEB = {
  registry: 'ghcr.io',
  repository: 'acme/web',
  tag: '1.0',
  digest: DIGEST,
  pushedAt: '2026-11-24T09:59:58.000Z',
  actor: 'octocat',
};

describe('a delivery that is taken is shown with its pushes:', () => {
  test.each<{ what: string; words: readonly string[]; body: string; reason?: string; pushes: readonly object[] }>([
    { what: 'distribution', words: ['--source', 'distribution'], body: envelope(), pushes: [{ ...HELLO, ...TOLD }] },
    { what: 'generic', words: ['--source', 'generic'], body: image, pushes: [{ ...HELLO, ...UNTOLD }] },
    {
      what: 'ghcr',
      words: ['--source', 'ghcr', ...header('X-GitHub-Event', 'package'), ...header('x-github-delivery', '1')],
      body: ghcr('1.0'),
      pushes: [WEB],
    },
    {
      what: 'ghcr, proven',
      words: ['--source', 'ghcr', '--secret', SECRET, ...header('X-Hub-Signature-256', hmac(ghcr('1.0')))],
      body: ghcr('1.0'),
      reason: '1 taken',
      pushes: [WEB],
    },
    {
      what: 'gitlab, proven',
      words: ['--source', 'gitlab', '--secret', SECRET, '--header', `X-GITLAB-TOKEN:${SECRET} `],
      body: envelope(),
      reason: '1 taken',
      pushes: [{ ...HELLO, ...TOLD }],
    },
    {
      what: 'ecr, which IAM proves',
      words: ['--source', 'ecr'],
      body: ecr(),
      reason: '1 taken',
      pushes: [{ ...ECR, registry: '123456789012.dkr.ecr.eu-central-1.amazonaws.com' }],
    },
    {
      what: 'ecr under the name of sluice.yml',
      words: ['--source', 'ecr', '--registry', '123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com'],
      body: ecr(),
      reason: '1 taken',
      pushes: [{ ...ECR, registry: '123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com' }],
    },
    {
      what: 'a registry that its sender does not name',
      words: ['--source', 'distribution'],
      body: envelope({ request: {} }),
      pushes: [{ ...HELLO, ...TOLD, registry: null }],
    },
    {
      what: 'the registry that --registry names for it',
      words: ['--source', 'distribution', '--registry', 'Registry.example.com'],
      body: envelope({ request: {} }),
      pushes: [{ ...HELLO, ...TOLD }],
    },
    {
      what: 'one of several events',
      words: ['--source', 'distribution'],
      body: JSON.stringify({
        events: [...JSON.parse(envelope()).events, ...JSON.parse(envelope({ action: 'pull' })).events],
      }),
      reason: `1 taken; action pull; ${UNPROVEN}`,
      pushes: [{ ...HELLO, ...TOLD }],
    },
    {
      what: 'a time that is none',
      words: ['--source', 'generic'],
      body: JSON.stringify({ image: 'a.example.com/b:1', pushedAt: 'now', actor: 'ci' }),
      pushes: [{ registry: 'a.example.com', repository: 'b', tag: '1', digest: null, pushedAt: null, actor: 'ci' }],
    },
  ])('$what', async ({ words, body, reason = `1 taken; ${UNPROVEN}`, pushes }) => {
    const { code, stdout, stderr } = await parsePush(words, body);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ status: 202, accepted: true, reason, pushes });
  });

  test('the keys stand in their order, on one line', async () => {
    const { stdout } = await parsePush(['--source', 'generic'], image);
    const pushes =
      '[{"registry":"registry.example.com","repository":"team/hello","tag":"1.0.1","digest":null,"pushedAt":null,"actor":null}]';
    expect(stdout).toBe(`{"status":202,"accepted":true,"reason":"1 taken; ${UNPROVEN}","pushes":${pushes}}\n`);
  });
});

describe('a delivery of no interest ends with 0 and says why:', () => {
  test.each([
    {
      what: 'a ping',
      words: ['--source', 'ghcr', ...header('X-GitHub-Event', 'ping')],
      body: '{"zen":"Keep it simple"}',
      reason: `event ping; ${UNPROVEN}`,
    },
    {
      what: 'a package without a tag',
      words: ['--source', 'ghcr'],
      body: ghcr(''),
      reason: `a push to acme/web without a tag; ${UNPROVEN}`,
    },
    {
      what: 'a hook of GitLab, proven',
      words: [
        '--source',
        'gitlab',
        '--secret',
        SECRET,
        ...header('X-Gitlab-Event', 'Push Hook'),
        ...header('X-Gitlab-Token', SECRET),
      ],
      body: '{}',
      reason: 'Push Hook, which tells of no image',
    },
    {
      what: 'an envelope that cannot be read',
      words: ['--source', 'distribution'],
      body: '{"events": [',
      reason: `an envelope that cannot be read (no JSON); ${UNPROVEN}`,
    },
    { what: 'an empty envelope', words: ['--source', 'gitlab'], body: '{"events":[]}', reason: `0 taken; ${UNPROVEN}` },
    {
      what: 'another registry than --registry',
      words: ['--source', 'generic', '--registry', 'ghcr.io'],
      body: image,
      reason: `registry.example.com/team/hello:1.0.1 is not of ghcr.io, which this secret is for; ${UNPROVEN}`,
    },
    {
      what: 'a digest for a tag',
      words: ['--source', 'distribution'],
      body: envelope({ target: { repository: 'team/hello', tag: DIGEST }, request: {} }),
      reason: `an unnamed registry/team/hello:${DIGEST} is not the name of an image; ${UNPROVEN}`,
    },
  ])('$what', async ({ words, body, reason }) => {
    const { code, stdout, stderr } = await parsePush(words, body);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ status: 202, accepted: false, reason, pushes: [] });
  });
});

describe('a delivery that is refused ends with 1:', () => {
  const unauthentic = (source: string) =>
    `push of source "${source}": expected a sender that is configured, found a wrong secret or signature, or none`;
  const large = ' '.repeat(2_000_000);
  const tooLarge = 'push of source ghcr: expected at most 1048576 bytes, found 2000000';
  test.each([
    {
      what: 'no JSON',
      words: ['--source', 'ghcr'],
      body: '{"action":',
      status: 400,
      reason: 'push: expected an event with a package, found no JSON',
    },
    {
      what: 'an empty standard input',
      words: ['--source', 'generic'],
      body: '',
      status: 400,
      reason: 'push: expected {"image": "host/repository:tag"}, found no JSON',
    },
    {
      what: 'no signature',
      words: ['--source', 'ghcr', '--secret', SECRET],
      body: ghcr('1.0'),
      status: 401,
      reason: unauthentic('ghcr'),
    },
    {
      what: 'a signature of other bytes',
      words: ['--source', 'generic', '--secret', SECRET, ...header('X-Signature', hmac(image))],
      body: `${image}\n`,
      status: 401,
      reason: unauthentic('generic'),
    },
    {
      what: 'a wrong token',
      words: ['--source', 'gitlab', '--secret', SECRET, ...header('Authorization', 'Bearer another')],
      body: envelope(),
      status: 401,
      reason: unauthentic('gitlab'),
    },
    {
      what: 'a secret that is nothing',
      words: ['--source', 'distribution', '--secret', '', ...header('Authorization', '')],
      body: envelope(),
      status: 401,
      reason: unauthentic('distribution'),
    },
    {
      what: 'an event of ECR with a secret',
      words: ['--source', 'ecr', '--secret', SECRET],
      body: ecr(),
      status: 401,
      reason: unauthentic('ecr'),
    },
    { what: 'more than 1 MiB', words: ['--source', 'ghcr'], body: large, status: 413, reason: tooLarge },
    {
      what: 'more than 1 MiB, before its signature',
      words: ['--source', 'ghcr', '--secret', SECRET],
      body: large,
      status: 413,
      reason: tooLarge,
    },
  ])('$what: $status', async ({ words, body, status, reason }) => {
    const { code, stdout, stderr } = await parsePush(words, body);
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toEqual({ status, accepted: false, reason, pushes: [] });
  });
});

describe('a command that is wrong ends with 2, and prints no result:', () => {
  test.each([
    {
      what: 'a source that is none',
      words: ['--source', 'quay'],
      stderr:
        "error: option '--source <source>' argument 'quay' is invalid. " +
        'Allowed choices are distribution, generic, ghcr, gitlab, ecr.\n',
    },
    { what: 'no source', words: [], stderr: "error: required option '--source <source>' not specified\n" },
    {
      what: 'a header without a value',
      words: ['--source', 'ghcr', '--header', 'X-GitHub-Event'],
      stderr: "error: option '--header <header>' argument 'X-GitHub-Event' is invalid. expected 'Name: value'\n",
    },
    {
      what: 'an option that is none',
      words: ['--source', 'ghcr', '--sign'],
      stderr: "error: unknown option '--sign'\n",
    },
  ])('$what', async ({ words, stderr }) => {
    expect(await parsePush(words, image)).toEqual({ code: 2, stdout: '', stderr });
  });
});

test('--help tells what an exit code means', async () => {
  const { code, stdout } = await parsePush(['--help'], '');
  expect(code).toBe(0);
  expect(stdout.replaceAll('\n', ' ')).toContain(
    'with 1 where it would be refused (400, 401, 413); with 2 where the command itself is wrong',
  );
});
