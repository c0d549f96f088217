import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tellReport } from '../../../functions/report-apply/report.ts';
import { memoryCache } from '../../../shared/cache/memory-cache.ts';
import { trustAuthorities } from '../../../shared/composition/authorities.ts';
import { parseConfig } from '../../../shared/config/load.ts';
import { openPlainGit } from '../../../shared/git-host/git/open.ts';
import { openGitHub } from '../../../shared/git-host/github/open.ts';
import { openGitLab } from '../../../shared/git-host/gitlab/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { openRegistry } from '../../../shared/registry/client.ts';
import { listen } from '../../cluster/listener.ts';

/** Self-signed for 127.0.0.1, until 2126. */
const [key, certificate] = ['key', 'certificate'].map((name) =>
  readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8'),
) as [string, string];

const CONFIG = `
repositories: [{ url: https://git.corp/shop.git }]
registries: [{ host: registry.corp }]
ca: ssm:/sluice/ca
`;
const config = parseConfig(CONFIG, 'sluice.yml');

/** A host that answers everything with 404, by a certificate of nobody's; counts who came to speak TLS. */
async function startHost() {
  let connections = 0;
  const server = createServer({ key, cert: certificate }, (_, response) => response.writeHead(404).end());
  server.on('connection', () => {
    connections += 1;
  });
  const listener = await listen(server);
  onTestFinished(async () => listener.close());
  return { url: listener.url.replace('http:', 'https:'), connections: () => connections };
}

/** Whom a list trusts, in whatever words and however often. */
function fingerprints(certificates: readonly string[]): ReadonlySet<string> {
  return new Set(certificates.map((pem) => new X509Certificate(pem).fingerprint256));
}

const common = { timeoutMillis: 5000, now: Date.now };
const REPORT = {
  version: 1 as const,
  cluster: 'prod',
  repository: 'https://git.corp/shop.git',
  branch: 'main',
  revision: '0'.repeat(40),
  healthy: true,
  objects: [],
  problems: [],
  startedAt: '2026-11-30T10:00:00.000Z',
  finishedAt: '2026-11-30T10:00:01.000Z',
};

const HOSTS = [
  {
    host: 'a registry',
    ask: async (url: string) =>
      openRegistry({ host: new URL(url).host, insecure: false, cache: memoryCache(), ...common }).tags('hello'),
    trusted: { code: 'registry-not-found' },
  },
  {
    host: 'GitHub',
    ask: async (url: string) =>
      openGitHub({ url: `${url}/a/shop.git`, api: `${url}/api`, credentials: { kind: 'none' }, ...common }).head(
        'main',
      ),
    trusted: { code: 'git-unauthorized' },
  },
  {
    host: 'GitLab',
    ask: async (url: string) => openGitLab({ url: `${url}/a/shop.git`, ...common }).head('main'),
    trusted: { code: 'git-not-found' },
  },
  {
    host: 'plain Git',
    ask: async (url: string) =>
      openPlainGit({ url: `${url}/shop.git`, credentials: { kind: 'none' }, timeoutMillis: 5000 }).head('main'),
    trusted: { code: 'git-not-found' },
  },
  {
    host: 'a webhook',
    ask: async (url: string) =>
      tellReport(REPORT, { cache: memoryCache(), repositories: [], webhooks: [new URL(url)], log: silentLog }),
    trusted: { code: 'notification-failed', found: 'status 404' },
  },
];

describe('a host whose certificate is of no known authority', () => {
  test.each(HOSTS)('$host: is given up at the first try, with the next step', async ({ ask }) => {
    const { url, connections } = await startHost();
    await expect(ask(url)).rejects.toMatchObject({
      retryable: false,
      found: expect.stringMatching(/self-signed certificate/),
      next:
        'The host must have a certificate that this machine trusts; ' +
        'for an authority of your own set ca in sluice.yml.',
    });
    expect(connections()).toBe(1);
  });

  test.each(HOSTS)('$host: answers once `ca` names the authority', async ({ ask, trusted }) => {
    const before = getCACertificates('default');
    onTestFinished(() => setDefaultCACertificates(before));
    const { url } = await startHost();
    await trustAuthorities({ config, secrets: async () => certificate });
    await expect(ask(url)).rejects.toMatchObject(trusted);
    expect(fingerprints(getCACertificates('default'))).toEqual(fingerprints([...before, certificate]));
  });
});

test.each([
  { what: 'none', text: 'a password', found: 'none' },
  { what: 'a key', text: key, found: 'none' },
  {
    what: 'one that cannot be read',
    text: certificate.replace(/MII.{8}/, 'AAAAAAAAAAA'),
    found: expect.stringMatching(/^one that cannot be read \(/),
  },
])('certificates of which the secret holds $what are a fault of the configuration', async ({ text, found }) => {
  const before = getCACertificates('default');
  await expect(trustAuthorities({ config, secrets: async () => text })).rejects.toMatchObject({
    code: 'secret-unavailable',
    subject: 'secret ssm:/sluice/ca',
    expected: 'certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE',
    found,
    next: 'Store the certificates of your authority where the reference points.',
  });
  expect(getCACertificates('default')).toEqual(before);
});
