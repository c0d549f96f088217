import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deployKey } from '../../../../infra/agent/identity/deploy-key.ts';
import { judgeKey, knownKeys } from '../../../../shared/git/wire/known-hosts.ts';

const KEYGEN = 'ssh-keygen';
const KEY = Buffer.from('the key');
const OTHER = Buffer.from('another key');
const entry = (names: string, key = KEY) => `${names} ssh-ed25519 ${key.toString('base64')} comment\n`;

describe('the keys of a host', () => {
  test.each([
    { line: 'git.example.com', host: 'git.example.com', port: 22, found: 1 },
    { line: 'git.example.com', host: 'GIT.Example.com', port: 22, found: 1 },
    { line: 'git.example.com', host: 'git.example.com', port: 2222, found: 0 },
    { line: '[git.example.com]:2222', host: 'git.example.com', port: 2222, found: 1 },
    { line: '[git.example.com]:2222', host: 'git.example.com', port: 22, found: 0 },
    { line: 'a.example.com,git.example.com,192.0.2.1', host: '192.0.2.1', port: 22, found: 1 },
    { line: '*.example.com', host: 'git.example.com', port: 22, found: 1 },
    { line: '*.example.com', host: 'example.com', port: 22, found: 0 },
    { line: '*.example.com', host: 'gitXexample.com', port: 22, found: 0 },
    { line: '*.example.com,!git.example.com', host: 'git.example.com', port: 22, found: 0 },
    { line: 'gi?.example.com', host: 'git.example.com', port: 22, found: 1 },
    { line: '[2001:db8::1]:2222', host: '2001:db8::1', port: 2222, found: 1 },
    { line: '# git.example.com', host: 'git.example.com', port: 22, found: 0 },
    { line: '@cert-authority *.example.com', host: 'git.example.com', port: 22, found: 0 },
    { line: '@revoked git.example.com', host: 'git.example.com', port: 22, found: 1 },
  ])('$line has $found for $host, port $port', ({ line, host, port, found }) => {
    expect(knownKeys(`\n${entry(line)}\n`, host, port)).toHaveLength(found);
  });

  test.each([
    { host: 'git.example.com', port: 22, line: 'git.example.com' },
    { host: 'git.example.com', port: 2222, line: '[git.example.com]:2222' },
  ])('are found in what ssh-keygen hashed: $line', async ({ host, port, line }) => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-known-hosts-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'known_hosts');
    const { publicKey } = await deployKey(directory, 'host');
    const [type = '', key = ''] = publicKey.split(' ');
    writeFileSync(file, `${line} ${type} ${key}\n`);
    execFileSync(KEYGEN, ['-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('git.example.com');
    expect(knownKeys(text, host, port)).toEqual([{ type, key: Buffer.from(key, 'base64'), isRevoked: false }]);
    expect(knownKeys(text, 'other.example.com', port)).toEqual([]);
  });
});

describe('a key that a host shows', () => {
  test.each([
    { file: entry('h'), verdict: 'trusted' },
    { file: entry('h', OTHER) + entry('h'), verdict: 'trusted' },
    { file: entry('h', OTHER), verdict: 'changed' },
    { file: entry('other'), verdict: 'unknown' },
    { file: '', verdict: 'unknown' },
    { file: entry('h') + entry('@revoked h'), verdict: 'changed' },
  ])('is $verdict', ({ file, verdict }) => {
    expect(judgeKey(knownKeys(file, 'h', 22), KEY)).toBe(verdict);
  });
});
