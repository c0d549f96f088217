import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { renderTree } from '../../../../infra/agent/render/render-tree.ts';
import type { Tools } from '../../../../infra/agent/render/tools.ts';
import { layerBinary } from '../../../cluster/installed-parts.ts';
import { partPath } from '../../../cluster/parts.ts';
import { FOR_CHARTS, type Tree, toolsOf, writeTree } from './tree.ts';

const sops = partPath('sops');
const tools = toolsOf({ kustomize: partPath('kustomize'), helm: layerBinary('helm'), sops });

/** A server of this machine. */
async function listen() {
  let asked = 0;
  const server = createServer((socket) => {
    asked += 1;
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { port, asked: () => asked };
}

describe('what SOPS encrypted', () => {
  const secret = (name: string) =>
    `apiVersion: v1\nkind: Secret\nmetadata:\n    name: ${name}\nstringData:\n    token: hunter2-${name}\n    lines: |\n        a\n        b\n`;

  /** Encrypts files of a tree, for a key that it makes. */
  function encrypt(tree: Tree, files: readonly string[]) {
    const directory = writeTree(tree);
    const keys = writeTree({});
    const ageKeyFile = join(keys, 'age.txt');
    execFileSync(partPath('age-keygen'), ['-o', ageKeyFile], { stdio: 'ignore' });
    const [, recipient = ''] = /public key: (\S+)/.exec(readFileSync(ageKeyFile, 'utf8')) ?? [];
    for (const file of files) {
      const flags = ['encrypt', '--in-place', '--age', recipient, '--encrypted-regex', '^(data|stringData)$'];
      execFileSync(sops, [...flags, join(directory, file)], { stdio: 'pipe' });
    }
    return { directory, ageKeyFile };
  }
  const tokens = async (directory: string, ageKeyFile?: string, by: Tools = tools) => {
    const options = { ...FOR_CHARTS, tools: by, ageKeyFile };
    const { objects, skipped, failures } = await renderTree(directory, [''], options);
    return {
      failures,
      tokens: [...objects, ...skipped].map(({ manifest, place }) => [
        place,
        (manifest['stringData'] as { token: string }).token,
        'sops' in manifest,
      ]),
    };
  };
  const json = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'j' },
    stringData: { token: 'hunter2-j' },
  });

  test('is decrypted in plain files, where a kustomization names it, and in charts', async () => {
    const { directory, ageKeyFile } = encrypt(
      {
        'a.yaml': `# two\n${secret('a')}---\n${secret('b')}`,
        'j.json': json,
        'k/kustomization.yaml': 'namespace: prod\nnamePrefix: p-\nresources: [k.yaml]\n',
        'k/k.yaml': secret('k'),
        'c/Chart.yaml': 'apiVersion: v2\nname: hello\nversion: 0.1.0\n',
        'c/templates/c.yaml': secret('c'),
      },
      ['a.yaml', 'j.json', 'k/k.yaml', 'c/templates/c.yaml'],
    );
    expect(await tokens(directory, ageKeyFile)).toEqual({
      failures: [],
      tokens: [
        ['a.yaml:2', 'hunter2-a', false],
        [expect.stringMatching(/^a\.yaml:\d\d$/), 'hunter2-b', false],
        ['j.json:1', 'hunter2-j', false],
        ['k/kustomization.yaml', 'hunter2-k', false],
        ['c/templates/c.yaml', 'hunter2-c', false],
      ],
    });
  });

  test('is a failure without keys, with the keys of another, and without sops; never applied', async () => {
    const { directory } = encrypt({ 'a.yaml': secret('a') }, ['a.yaml']);
    const { ageKeyFile: other } = encrypt({}, []);
    const failure = (reason: unknown) => ({ tokens: [], failures: [{ subject: 'a.yaml:1', reason }] });
    expect(await tokens(directory)).toEqual(
      failure('SOPS: expected age keys to decrypt it with, found none. Give a file of them with --sops-age-key-file.'),
    );
    expect(await tokens(directory, other)).toEqual(
      failure(expect.stringMatching(/^sops: .*identity did not match any of the recipients/)),
    );
    expect(await tokens(directory, other, toolsOf({}))).toEqual(
      failure(
        'sops: expected the command no-sops on the PATH, found none. Install it, or say where it is with --sops.',
      ),
    );
  });

  test('is a failure where somebody changed it afterwards', async () => {
    const { directory, ageKeyFile } = encrypt({ 'a.yaml': secret('a') }, ['a.yaml']);
    const file = join(directory, 'a.yaml');
    const changed = readFileSync(file, 'utf8').replace('name: a', 'name: z');
    expect(await tokens(writeTree({ 'a.yaml': changed }), ageKeyFile)).toEqual({
      tokens: [],
      failures: [{ subject: 'a.yaml:1', reason: expect.stringMatching(/^sops: .*MAC mismatch/) }],
    });
  });

  describe('for age and for others', () => {
    const vault = (port: number) =>
      `    hc_vault:\n        - vault_address: http://127.0.0.1:${port}\n          engine_path: sops\n          key_name: a\n          created_at: "2025-01-01T00:00:00Z"\n          enc: vault:v1:abc\n`;
    const azure = (port: number) =>
      `    azure_kv:\n        - vault_url: http://127.0.0.1:${port}\n          name: a\n          version: "1"\n          created_at: "2025-01-01T00:00:00Z"\n          enc: abc\n`;
    const vaultInJson = (port: number) =>
      `"hc_vault": [{"vault_address": "http://127.0.0.1:${port}", "engine_path": "sops", "key_name": "a", "created_at": "2025-01-01T00:00:00Z", "enc": "vault:v1:abc"}],`;

    /** Decrypts with these keys beside those of age or in their place, where a sandbox is not what stops it. */
    async function decryptWith(others: (port: number) => string, keepsAge: boolean, file: string) {
      const server = await listen();
      const { directory, ageKeyFile } = encrypt({ [file]: file.endsWith('json') ? json : secret('j') }, [file]);
      const text = readFileSync(join(directory, file), 'utf8');
      const changed = text.replace(/^ {4}age:\n( {8}.*\n)+|"age": \[[^\]]*\],/m, (age) =>
        keepsAge ? others(server.port) + age : others(server.port),
      );
      expect(changed).not.toBe(text);
      const openly = toolsOf({ sops }, writeTree({ sh: '-> /bin/sh' }));
      const { objects, failures } = await renderTree(writeTree({ [file]: changed }), [''], {
        ...{ ...FOR_CHARTS, tools: openly, ageKeyFile },
      });
      const found = objects.map(({ manifest }) => (manifest['stringData'] as { token: string }).token);
      return { tokens: found, reasons: failures.map(({ reason }) => reason), asked: server.asked() };
    }

    test.each([
      { service: 'hc_vault', others: vault, file: 'j.yaml' },
      { service: 'azure_kv', others: azure, file: 'j.yaml' },
      { service: 'hc_vault', others: vaultInJson, file: 'j.json' },
    ])('$service is not asked, and without age it is a failure: $file', async ({ service, others, file }) => {
      expect(await decryptWith(others, true, file)).toEqual({ tokens: ['hunter2-j'], reasons: [], asked: 0 });
      const reason = `SOPS: expected a key of age among those that it was encrypted with, found ${service}. Add an age recipient with sops rotate --add-age: other services are not asked for keys.`;
      expect(await decryptWith(others, false, file)).toEqual({ tokens: [], reasons: [reason], asked: 0 });
    });
  });

  test('is a failure where a generator or a chart reads it: it would be applied encrypted', async () => {
    const { directory, ageKeyFile } = encrypt(
      {
        'k/kustomization.yaml': 'secretGenerator: [{ name: made, files: [k.yaml] }]\n',
        'k/k.yaml': secret('k'),
        'c/Chart.yaml': 'apiVersion: v2\nname: hello\nversion: 0.1.0\n',
        'c/values.yaml': 'stringData: { token: hunter2 }\n',
        'c/templates/c.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: {{ .Values.stringData.token | quote }} }\n',
      },
      ['k/k.yaml', 'c/values.yaml'],
    );
    const reason = expect.stringContaining(
      'a value is still encrypted by SOPS: only objects are decrypted, not what generators and charts read',
    );
    expect(await tokens(directory, ageKeyFile)).toEqual({
      tokens: [],
      failures: [
        { subject: 'k/kustomization.yaml', reason },
        { subject: 'c/templates/c.yaml', reason },
      ],
    });
  });
});
