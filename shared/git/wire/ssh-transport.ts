import { readFile } from 'node:fs/promises';
import { Client, type ClientChannel, type ServerHostKeyAlgorithm, utils } from 'ssh2';
import { isSluiceError, messageOf, SluiceError } from '../../errors.ts';
import { BothEnds } from '../../process/both-ends.ts';
import type { GitCredentials } from '../credentials.ts';
import { classify } from '../failure.ts';
import { judgeKey, type KnownKey, knownKeys } from './known-hosts.ts';
import { quoted, type SshPlace, sshPlace } from './ssh-place.ts';
import { type ServiceStream, StreamConversation } from './stream-conversation.ts';
import type { GitService, Transport } from './transport.ts';

/** How a key of a type may sign; the safer first. `ssh-rsa` itself, with SHA-1, is not among them. */
const SIGNATURES: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Git over SSH, without an ssh command: only hosts that are known, and only with the key that was given. */
export function sshTransport(
  url: string,
  subject: string,
  credentials: GitCredentials,
  timeoutMillis: number,
): Transport {
  const place = sshPlace(url);
  return (service, signal) =>
    new StreamConversation(subject, connect({ place, subject, credentials, timeoutMillis }, service, signal));
}

interface SshOptions {
  readonly place: SshPlace;
  readonly subject: string;
  readonly credentials: GitCredentials;
  readonly timeoutMillis: number;
}

async function connect(options: SshOptions, service: GitService, signal: AbortSignal): Promise<ServiceStream> {
  const { place, subject, credentials, timeoutMillis } = options;
  const [privateKey, known] = await readKeys(options);
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  const ended = Promise.withResolvers<void>();
  // Whoever reads hears of it; nobody may be reading any more.
  ended.promise.catch(() => {});
  const client = new Client();
  const fail = (error: unknown) => {
    reject(error);
    ended.reject(error);
    client.destroy();
  };
  const onAbort = () => fail(signal.reason);
  let verdict: ReturnType<typeof judgeKey> = 'unknown';
  signal.addEventListener('abort', onAbort, { once: true });
  client.on('error', (error) => fail(explain(subject, error, verdict, place)));
  client.on('close', () => {
    signal.removeEventListener('abort', onAbort);
    fail(new SluiceError({ code: 'git-unavailable', subject, found: 'the host hung up', retryable: true }));
  });
  client.on('ready', () => {
    client.exec(`${service} ${quoted(place.path)}`, (error, channel) =>
      error === undefined ? resolve(channel) : fail(error),
    );
  });
  signal.throwIfAborted();
  client.connect({
    host: place.host,
    port: place.port,
    username: place.user,
    ...(privateKey === undefined ? {} : { privateKey }),
    authHandler: [credentials.kind === 'ssh' ? 'publickey' : 'none'],
    readyTimeout: timeoutMillis,
    hostVerifier: (key: Buffer) => {
      verdict = judgeKey(known, key);
      return verdict === 'trusted';
    },
    ...(known.length === 0 ? {} : { algorithms: { serverHostKey: algorithms(known) } }),
  });
  const channel = await promise;
  return { input: channel, output: channel, ended: endOf(channel, subject, ended), stop: () => client.end() };
}

async function readKeys({
  credentials,
  place,
  subject,
}: SshOptions): Promise<readonly [Buffer | undefined, readonly KnownKey[]]> {
  if (credentials.kind !== 'ssh') {
    return [undefined, []];
  }
  try {
    const [key, hosts] = await Promise.all([
      readFile(credentials.privateKeyFile),
      readFile(credentials.knownHostsFile, 'utf8'),
    ]);
    requirePrivateKey(key, subject);
    return [key, knownKeys(hosts, place.host, place.port)];
  } catch (cause) {
    if (isSluiceError(cause)) {
      throw cause;
    }
    throw new SluiceError({
      code: 'secret-unavailable',
      subject,
      expected: 'an SSH key',
      found: messageOf(cause),
      cause,
    });
  }
}

/** @throws SluiceError `config-invalid` for what opens nothing, which no second try mends */
function requirePrivateKey(key: Buffer, subject: string): void {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error || !parsed.isPrivateKey()) {
    throw new SluiceError({
      code: 'config-invalid',
      subject,
      expected: 'an SSH private key without a passphrase',
      found: parsed instanceof Error ? `one that cannot be read: ${parsed.message}` : 'a public key',
      next: 'Check the credentials of this repository in sluice.yml: the whole file that ssh-keygen wrote, with its first and last line.',
    });
  }
}

function algorithms(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const usable = known.flatMap(({ type }) => SIGNATURES[type] ?? []);
  // Of a type that is not supported: the host shows another, and is not trusted.
  return usable.length > 0 ? [...new Set(usable)] : Object.values(SIGNATURES).flat();
}

/** Ends with the channel; what the host said beside it is why it did not go well. */
async function endOf(
  channel: ClientChannel,
  subject: string,
  { promise, resolve, reject }: PromiseWithResolvers<void>,
): Promise<void> {
  const complaint = new BothEnds();
  channel.stderr.on('data', (chunk: Buffer) => complaint.add(chunk));
  channel.on('error', () => {});
  channel.on('close', (code: number | undefined) => {
    const said = complaint.text();
    if (code === 0) {
      resolve();
    } else {
      reject(classify(subject, said === '' ? 'the host hung up' : said, code ?? null));
    }
  });
  return promise;
}

function explain(subject: string, error: Error, verdict: ReturnType<typeof judgeKey>, place: SshPlace): unknown {
  const level = 'level' in error ? error.level : undefined;
  if (isSluiceError(error)) {
    return error;
  }
  if (level === 'client-authentication') {
    return classify(subject, `${place.user}@${place.host}: Permission denied (publickey)`, null);
  }
  if (level === 'handshake' && verdict !== 'trusted') {
    const isChanged = verdict === 'changed';
    return classify(
      subject,
      isChanged
        ? `REMOTE HOST IDENTIFICATION HAS CHANGED: the key that ${place.host} shows is not the known one`
        : `Host key verification failed: ${place.host} is not among the known hosts`,
      null,
    );
  }
  return new SluiceError({ code: 'git-unavailable', subject, found: messageOf(error), retryable: true, cause: error });
}
