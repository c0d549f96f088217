import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployKey } from '../../infra/agent/identity/deploy-key.ts';
import type { GitCredentials } from '../../shared/git/credentials.ts';
import type { Access } from './git-access.ts';

/** Keys for each kind of access over SSH. */
export interface SshAccess {
  /** The folder that they lie in. */
  readonly directory: string;
  /** Public keys of those who may push, and of those who may only fetch. */
  readonly writer: string;
  readonly reader: string;
  /** @param knownHosts the text of a known_hosts file */
  credentials(knownHosts: string): Readonly<Record<Access, GitCredentials>>;
  remove(): void;
}

/** What a refusal over SSH says, and what no message may show. */
export const SSH_REFUSALS = {
  says: {
    wrong: /Permission denied \(publickey\)/,
    none: /verification failed|Permission denied/,
    readOnly: /may only fetch/,
  },
  secrets: ['PRIVATE KEY'],
};

/** Makes keys, in a folder with a space in its name, as people have them. */
export async function makeSshAccess(): Promise<SshAccess> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice keys-'));
  const make = async (name: string) => deployKey(join(directory, name), `sluice ${name}`);
  const [writer, reader, stranger] = await Promise.all([make('writer'), make('reader'), make('stranger')]);
  return {
    directory,
    writer: writer.publicKey,
    reader: reader.publicKey,
    credentials(knownHosts) {
      const knownHostsFile = join(mkdtempSync(join(directory, 'known ')), 'known_hosts');
      writeFileSync(knownHostsFile, knownHosts);
      const ssh = (privateKeyFile: string): GitCredentials => ({ kind: 'ssh', privateKeyFile, knownHostsFile });
      return {
        write: ssh(writer.privateKeyFile),
        read: ssh(reader.privateKeyFile),
        wrong: ssh(stranger.privateKeyFile),
        none: { kind: 'none' },
      };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
