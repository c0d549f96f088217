import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../infra/local/loopback.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { partPath } from '../cluster/parts.ts';
import { writeTree } from '../unit/agent/render/tree.ts';
import { runAgent } from './agent-process.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const PIN = '4815162342';
const PASSWORD = 'correct-horse"battery';
const DECRYPTED = 'staple-of-the-day';

const deployment = (name: string, fields: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  ${fields}
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: c, image: "registry.example.com/c:1" }] }
`;
const configMap = (fields: string) => `apiVersion: v1\nkind: ConfigMap\n${fields}\n`;

/** Everything that the API server refuses, with the value that it quotes. */
const REFUSED = {
  'secret.yml': `apiVersion: v1\nkind: Secret\nmetadata: { name: number }\ndata: { pin: ${PIN} }\n`,
  'typed.yml': deployment('typed', `replicas: "\${PASSWORD}"`),
  'invalid.yml': configMap(`metadata: { name: invalid, labels: { app: "\${PASSWORD}" } }\ndata: { a: b }`),
  'locked.yml': configMap(`metadata:\n  name: locked\n  finalizers: ["${DECRYPTED} of it"]\ndata:\n  a: ${DECRYPTED}`),
};

describe('secrets that a real control plane quotes', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  beforeAll(async () => {
    cluster = await startControlPlane();
    await cluster.api.create('/api/v1/namespaces/default/secrets', {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'variables' } },
      data: { PASSWORD: base64(PASSWORD) },
    });
  }, 120_000);
  afterAll(async () => cluster?.stop());

  /** Who is told of revisions, and what. */
  async function openReports() {
    const told: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (piece: string) => told.push(piece));
      request.on('end', () => response.writeHead(202).end());
    });
    const { host, close } = await listenOnLoopback(server, 0);
    onTestFinished(close);
    return { url: `http://${host}`, told: () => told.join('') };
  }

  const encrypted = (tree: string, file: string) => {
    const keys = join(tree, 'age.key');
    execFileSync(partPath('age-keygen'), ['-o', keys], { stdio: 'ignore' });
    const [, recipient = ''] = /public key: (\S+)/.exec(readFileSync(keys, 'utf8')) ?? [];
    const flags = ['encrypt', '--in-place', '--age', recipient, '--encrypted-regex', '^(data|finalizers)$'];
    execFileSync(partPath('sops'), [...flags, join(tree, 'k8s', file)]);
    return keys;
  };

  const run = async (...more: readonly string[]) => {
    const reports = await openReports();
    const tree = writeTree(Object.fromEntries(Object.entries(REFUSED).map(([path, text]) => [`k8s/${path}`, text])));
    const keys = encrypted(tree, 'locked.yml');
    const flags = ['--once', '--dir', join(tree, 'k8s'), '--kubeconfig', cluster.kubeconfig, '--log-level', 'debug'];
    const secrets = ['--variables-from', 'secret/variables', '--sops-age-key-file', keys, '--sops', partPath('sops')];
    const ended = await runAgent([
      ...flags,
      ...secrets,
      ...['--report-function', 'report-apply', '--report-endpoint', reports.url, ...more],
    ]);
    return { ...ended, reported: reports.told(), key: readFileSync(keys, 'utf8').split('\n').at(2) ?? '' };
  };

  test('stand in nothing that leaves the agent: log, output, report, Events, status', async () => {
    const { status, stdout, stderr, reported, key } = await run('--json');
    expect(status).toBe(1);
    const read = async (path: string) => JSON.stringify(await cluster.api.get(path));
    const told = {
      ...{ stdout, stderr, reported },
      events: await read('/api/v1/namespaces/default/events'),
      board: await read('/api/v1/namespaces/default/configmaps/sluice-status-default'),
      inventory: await read('/api/v1/namespaces/default/configmaps/sluice-inventory-default'),
    };
    for (const [where, text] of Object.entries(told)) {
      for (const secret of [PIN, base64(PIN), 'correct-horse', base64(PASSWORD), DECRYPTED, key, cluster.token]) {
        expect(text.includes(secret), `${secret} in ${where}:\n${text}`).toBe(false);
      }
    }
    const { objects } = JSON.parse(stdout) as { objects: { object: string; action: string; reason?: string }[] };
    const reasons = Object.fromEntries(objects.map(({ object, reason = '' }) => [object, reason]));
    const hidden = 'its value is not shown, because the object is secret';
    expect(reasons).toEqual({
      'secret/default/number': expect.stringMatching(
        new RegExp(`^\\.data\\.pin: refused .*; ${hidden} \\(secret\\.yml:1\\)$`),
      ),
      'deployment/default/typed': expect.stringMatching(new RegExp(`^\\.spec\\.replicas: refused .*; ${hidden}`)),
      'configmap/default/invalid': expect.stringMatching(
        new RegExp(`^metadata\\.labels: refused by the API server \\(422 FieldValueInvalid\\); ${hidden}`),
      ),
      'configmap/default/locked': expect.stringMatching(new RegExp(`^metadata\\.finalizers.*: refused .*; ${hidden}`)),
    });
    for (const text of [told.stderr, told.reported, told.events, told.board]) {
      expect(text).toContain(hidden);
    }
  });

  test('stand in nothing that a dry run shows', async () => {
    const { stdout, stderr, reported } = await run('--dry-run', '--name', 'dry');
    expect(reported).toBe('');
    expect(stdout + stderr).not.toMatch(new RegExp([PIN, 'correct-horse', DECRYPTED].join('|')));
    expect(stderr).toContain('its value is not shown, because the object is secret');
  });

  test('stand in no refusal of an object that has the same text by chance', async () => {
    const named = (name: string, label: string) => configMap(`metadata: { name: ${name}, labels: { a: '${label}' } }`);
    const tree = writeTree({ 'a.yml': named('open', `x \${PASSWORD}`), 'b.yml': named('other', `x ${PASSWORD}`) });
    const flags = ['--once', '--dir', tree, '--name', 'chance', '--kubeconfig', cluster.kubeconfig];
    const { stderr } = await runAgent([...flags, '--variables-from', 'secret/variables']);
    expect(stderr).toContain(
      'configmap/default/other: ConfigMap "other" is invalid: metadata.labels: Invalid value: "x ***"',
    );
    expect(stderr).not.toContain('correct-horse');
  });
});
