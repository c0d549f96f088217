import { spawn } from 'node:child_process';
import { messageOf, SluiceError } from '../../errors.ts';
import { BothEnds } from '../../process/both-ends.ts';
import { endGroup } from '../../process/run.ts';
import { classify } from '../failure.ts';
import { ISOLATION } from '../run-git.ts';
import { type ServiceStream, StreamConversation } from './stream-conversation.ts';
import type { GitService, Transport } from './transport.ts';

/** A repository on this machine, served by the git command: for people who try things, since functions have none. */
export function localTransport(path: string, subject: string): Transport {
  return (service, signal) => new StreamConversation(subject, start(service, path, subject, signal));
}

async function start(service: GitService, path: string, subject: string, signal: AbortSignal): Promise<ServiceStream> {
  signal.throwIfAborted();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const child = spawn('git', [service.slice('git-'.length), path], {
    // biome-ignore lint/style/noProcessEnv: where programs are found is the machine's, not a setting of ours
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...ISOLATION },
    detached: true,
  });
  const onAbort = () => {
    endGroup(child.pid);
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const complaint = new BothEnds();
  child.stderr.on('data', (chunk: Buffer) => complaint.add(chunk));
  child.stdin.on('error', () => {});
  child.on('error', (cause) => {
    const found = `git did not start (${messageOf(cause)})`;
    reject(new SluiceError({ code: 'git-unavailable', subject, expected: 'the git command', found, cause }));
  });
  child.on('close', (status) => {
    signal.removeEventListener('abort', onAbort);
    if (status === 0) {
      resolve();
    } else {
      reject(classify(subject, complaint.text(), status));
    }
  });
  return { input: child.stdin, output: child.stdout, ended, stop: () => child.stdin.end() };
}
