import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openApiClient } from '../../../../infra/agent/cluster/client.ts';
import { clusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { plainKubeconfig } from '../../../../infra/agent/cluster/plain-kubeconfig.ts';
import { podAccount } from '../../../../infra/agent/cluster/pod-account.ts';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';

/** Files in a directory that goes with the test. */
function filesOf(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-kubeconfig-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

interface Kubeconfig {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
}

function kubeconfig({ cluster, user, context }: Kubeconfig): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u', ...context } },
      { name: 'there', context: { cluster: 'elsewhere', user: 'u' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.com:6443/', ...cluster } }],
    users: [{ name: 'u', user: { ...user } }],
  });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a kubeconfig with a token and an authority', async () => {
  const user = { token: 't' };
  const cluster = { 'certificate-authority-data': base64('ca'), 'tls-server-name': 'api', extensions: [] };
  const directory = filesOf({ config: kubeconfig({ cluster, user, context: { namespace: 'shop' } }) });
  const access = await clusterAccess(join(directory, 'config'), undefined);
  expect(access).toMatchObject({ server: 'https://api.example.com:6443', defaultNamespace: 'shop' });
  expect(access.tls).toEqual({ ca: Buffer.from('ca'), servername: 'api' });
  expect(await access.headers()).toEqual({ authorization: 'Bearer t' });
});

test('what stands in a kubeconfig counts before the files that it names, from its own folder', () => {
  const cluster = { 'certificate-authority': 'ca.crt', 'insecure-skip-tls-verify': true };
  const user = { 'client-certificate': 'me.crt', 'client-key': 'me.key', 'client-key-data': base64('inside') };
  const files = { config: kubeconfig({ cluster, user }), 'ca.crt': 'ca', 'me.crt': 'cert', 'me.key': 'outside' };
  expect(plainKubeconfig(join(filesOf(files), 'config'), undefined)?.tls).toEqual({
    ca: Buffer.from('ca'),
    cert: Buffer.from('cert'),
    key: Buffer.from('inside'),
    rejectUnauthorized: false,
  });
});

test('of a key that stands twice the last counts, as for kubectl', async () => {
  const config = kubeconfig({ user: { token: 't' } }).replace(
    '"current-context":"here"',
    '"current-context":"there","current-context":"here"',
  );
  const access = await clusterAccess(join(filesOf({ config }), 'config'), undefined);
  expect(access.server).toBe('https://api.example.com:6443');
});

test('a file with a token is read', async () => {
  const files = { config: kubeconfig({ user: { tokenFile: 'token' } }), token: 'from a file\n' };
  const credentials = plainKubeconfig(join(filesOf(files), 'config'), undefined);
  expect(await credentials?.headers()).toEqual({ authorization: 'Bearer from a file' });
});

test('one with a command for tokens is read by the library', async () => {
  const status = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'made' } };
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', `console.log('${JSON.stringify(status)}')`],
    interactiveMode: 'Never',
  };
  const file = join(filesOf({ config: kubeconfig({ user: { exec } }) }), 'config');
  expect(plainKubeconfig(file, undefined)).toBeUndefined();
  const access = await clusterAccess(file, undefined);
  expect(access.server).toBe('https://api.example.com:6443');
  expect(await access.headers()).toMatchObject({ Authorization: 'Bearer made' });
});

const NAMES = { 'current-context': '', contexts: null, clusters: null, users: null };
const withContexts = (current: string) => ({ ...JSON.parse(kubeconfig({})), 'current-context': current });

test.each([
  {
    what: 'a context that is not there',
    context: 'nowhere',
    says: /^context nowhere: .*found only here, there\. Choose one of these with --context\.$/,
  },
  {
    what: 'a context without its cluster',
    context: 'there',
    says: /^config: .*found no cluster in it by the name "elsewhere", which context there asks for\. Choose another context with --context, or mend this one with `kubectl config set-context`\.$/,
  },
  {
    what: 'a context without its user, who would be nobody',
    text: kubeconfig({ context: { user: 'gone' } }),
    says: /^config: .*found no user in it by the name "gone", which context here asks for/,
  },
  {
    what: 'no kubeconfig at that place',
    file: 'missing',
    says: /^missing: .*found ENOENT: no such file.*\. Check --kubeconfig\.$/,
  },
  { what: 'a folder', file: '.', says: /found EISDIR: .*\. Check --kubeconfig\.$/ },
  { what: 'an empty file', text: '', says: /found an empty file\. Check that --kubeconfig names a kubeconfig\.$/ },
  { what: 'a text', text: 'hello', says: /found no mapping\. Check that --kubeconfig names a kubeconfig\.$/ },
  {
    what: 'YAML that is cut off',
    text: 'contexts:\n  - {name: here, context: {cluster: c\n',
    says: /found no YAML in line \d: .+\. Check that --kubeconfig names a kubeconfig\.$/,
  },
  {
    what: 'a mapping of something else',
    text: 'contexts: 3\n',
    says: /^config: expected a cluster to talk to, found .+\. \S.*\.$/,
  },
  {
    what: 'one that kubectl has emptied',
    text: JSON.stringify(NAMES),
    says: /found no context in it\. Name another kubeconfig with --kubeconfig\.$/,
  },
  {
    what: 'no current context',
    text: JSON.stringify(withContexts('')),
    says: /found no current context; it has here, there\. Choose one of these with --context\.$/,
  },
  {
    what: 'a current context that is not there',
    text: JSON.stringify(withContexts('old')),
    says: /found a current context, old, that is not there; it has here, there\. Choose one of these with --context\.$/,
  },
  {
    what: 'a server that is no URL',
    text: kubeconfig({ cluster: { server: 'api.example.com:6443' } }),
    says: /found the server "api\.example\.com:6443"\. Give its server as a URL, https:\/\/HOST:PORT\.$/,
  },
  {
    what: 'a file that it names and that is not there',
    text: kubeconfig({ user: { 'client-certificate': 'me.crt', 'client-key': 'me.key' } }),
    says: /^config: .*found ENOENT: .*me\.crt.*\. Check the files that it names\.$/,
  },
  {
    what: 'certificates that are none',
    text: kubeconfig({ user: { 'client-certificate-data': base64('no'), 'client-key-data': base64('no') } }),
    says: /^config: .*found certificates or a key of no use \(.+\)\. Check those of the context\.$/,
  },
  {
    what: 'a command for tokens that is not installed',
    text: kubeconfig({
      user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', args: [] } },
    }),
    says: /^config: .*no-such-plugin.*\. Check the user and the cluster of context here\.$/s,
  },
])('$what ends with what to do about it', async ({ file = 'config', context, text = kubeconfig({}), says }) => {
  const directory = filesOf({ config: text });
  const error = await clusterAccess(join(directory, file), context).then(
    () => undefined,
    (one: unknown) => one,
  );
  expect(error).toMatchObject({ code: 'cluster-unreachable' });
  expect((error as Error).message.replace(`${directory}/`, '')).toMatch(says);
});

test.each([
  {
    what: 'no kubeconfig anywhere',
    variables: (home: string) => ({ HOME: home }),
    says: /^kubeconfig: expected a cluster to talk to, found nothing at \S+\/\.kube\/config, and no pod around it\. Name a kubeconfig with --kubeconfig, or by the variable KUBECONFIG\.$/,
  },
  {
    what: 'a KUBECONFIG that points nowhere, whatever the home has',
    variables: () => ({ KUBECONFIG: '/nowhere/a:/nowhere/b', HOME: filesOf({ '.kube/config': kubeconfig({}) }) }),
    says: /^KUBECONFIG: expected a cluster to talk to, found nothing at \/nowhere\/a:\/nowhere\/b\. Name a kubeconfig/,
  },
])('$what ends with what to do about it', async ({ variables, says }) => {
  await expect(clusterAccess(undefined, undefined, variables(filesOf({})))).rejects.toThrow(says);
});

test('of several kubeconfigs whoever says something first is right, as for kubectl', async () => {
  const second = { ...JSON.parse(kubeconfig({ cluster: { server: 'https://other.example.com' } })) };
  second['current-context'] = 'there';
  second.clusters.push({ name: 'elsewhere', cluster: { server: 'https://elsewhere.example.com' } });
  const directory = filesOf({ a: kubeconfig({ user: { token: 't' } }), b: JSON.stringify(second) });
  const KUBECONFIG = ['a', 'missing', 'b'].map((name) => join(directory, name)).join(delimiter);
  const access = await clusterAccess(undefined, undefined, { KUBECONFIG });
  expect(access.server).toBe('https://api.example.com:6443');
  expect(await access.headers()).toMatchObject({ Authorization: 'Bearer t' });
  expect((await clusterAccess(undefined, 'there', { KUBECONFIG })).server).toBe('https://elsewhere.example.com');
});

test.each([
  { what: 'KUBECONFIG', variables: (home: string) => ({ KUBECONFIG: join(home, '.kube/config') }) },
  { what: 'the home', variables: (home: string) => ({ HOME: home }) },
])('without a file it is where $what says', async ({ variables }) => {
  const home = filesOf({ '.kube/config': kubeconfig({ user: { token: 't' } }) });
  const access = await clusterAccess(undefined, undefined, variables(home));
  expect(access.server).toBe('https://api.example.com:6443');
});

test.each([
  { host: '10.0.0.1', server: 'https://10.0.0.1:443' },
  { host: 'fd00::1', server: 'https://[fd00::1]:443' },
])('the account of a pod, at $host', async ({ host, server }) => {
  const directory = filesOf({ token: 'of the pod\n', 'ca.crt': 'ca', namespace: 'sluice' });
  const account = podAccount(undefined, { KUBERNETES_SERVICE_HOST: host }, directory);
  expect(account).toMatchObject({ server, namespace: undefined, tls: { ca: 'ca' } });
  expect(await account?.headers()).toEqual({ authorization: 'Bearer of the pod' });
});

test.each([
  { what: 'outside of a cluster', variables: {} },
  { what: 'where a kubeconfig is named', variables: { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBECONFIG: '/config' } },
  { what: 'where a context is asked for', context: 'here', variables: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } },
])('no account of a pod $what', ({ variables, context }) => {
  const directory = filesOf({ token: 't', 'ca.crt': 'ca' });
  expect(podAccount(context, variables, directory)).toBeUndefined();
});

test('an account without its authority says what is missing', () => {
  const directory = filesOf({ token: 't' });
  expect(() => podAccount(undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, directory)).toThrow(
    /ca\.crt: expected a cluster to talk to, found .*no such file.*Check that the pod has the token of its account/,
  );
});

test('a cluster whose certificate is of no authority of the kubeconfig is not spoken to, which says what to do', async () => {
  const [key, cert] = ['key', 'certificate'].map((name) =>
    readFileSync(new URL(`../../../fixtures/tls/${name}.pem`, import.meta.url)),
  );
  const { host, close } = await listenOnLoopback(createServer({ key, cert }), 0);
  onTestFinished(close);
  const file = join(filesOf({ config: kubeconfig({ cluster: { server: `https://${host}` } }) }), 'config');
  const ask = openApiClient(await clusterAccess(file, undefined), 5000);
  await expect(ask({ path: '/version' })).rejects.toMatchObject({
    code: 'cluster-unreachable',
    retryable: false,
    message: expect.stringMatching(
      /^cluster https:.*: expected an answer of its API, found self-signed certificate.*\. Its certificate must be of an authority that the kubeconfig names \(certificate-authority\), or that this machine trusts\.$/,
    ),
  });
});
