import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandShell } from '../../../../command-shell.ts';
import type { BareRepository } from '../../../../contract/bare-repository.ts';

/** Somebody who signs commits: the switches that make git do it, and the public half. */
export interface Signer {
  readonly switches: readonly string[];
  readonly publicKey: string;
}

export interface Signing {
  /** @param options `expiry` as gpg takes it; `at` is the time that the key is made at, and signs at */
  readonly gpgSigner: (name: string, options?: { readonly expiry?: string; readonly at?: string }) => Signer;
  readonly sshSigner: (name: string) => Signer;
  /** Puts a commit on `main`, whose files it keeps, or has but a.yml of this text; without a signer it is not signed. */
  readonly commit: (bare: BareRepository, signer?: Signer, parents?: readonly string[], text?: string) => string;
  /** Puts the same commit with another message on `main`, under the signature of the first. */
  readonly tamper: (bare: BareRepository, commit: string) => string;
  /** Ends what gpg left running. */
  readonly stop: () => void;
}

/** Makes signers in a directory of their own, and commits that they sign. */
export function signing(directory: string): Signing {
  const gnupg = join(directory, 'gnupg');
  mkdirSync(gnupg, { recursive: true, mode: 0o700 });
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    GNUPGHOME: gnupg,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    LC_ALL: 'C',
  };
  const run = (program: string, words: readonly string[], input?: string | Buffer) => {
    const { exit, output, errors } = commandShell().run([program, ...words], { env, input });
    if (exit !== 0) {
      throw new Error(`${program} ${words.join(' ')}: exit ${exit}: ${errors}`);
    }
    return output.toString('utf8');
  };
  const gpg = (...words: readonly string[]) => run('gpg', ['--batch', '--quiet', '--no-tty', ...words]);

  let count = 0;
  return {
    gpgSigner(name, { expiry = 'never', at } = {}) {
      const user = `${name} <${name}@example.com>`;
      const time = at === undefined ? [] : ['--faked-system-time', at];
      const make = [
        '--pinentry-mode',
        'loopback',
        '--passphrase',
        '',
        '--quick-generate-key',
        user,
        'ed25519',
        'sign',
        expiry,
      ];
      gpg(...time, ...make);
      const wrapper = join(directory, `gpg-${name}`);
      writeFileSync(wrapper, `#!/bin/sh\nexec gpg ${time.join(' ')} "$@"\n`, { mode: 0o755 });
      return {
        switches: ['-c', `user.signingkey=${name}@example.com`, '-c', `gpg.program=${wrapper}`],
        publicKey: gpg('--armor', '--export', `${name}@example.com`),
      };
    },
    sshSigner(name) {
      const file = join(directory, `ssh-${name}`);
      run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
      return {
        switches: ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${file}`],
        publicKey: readFileSync(`${file}.pub`, 'utf8').trim(),
      };
    },
    commit(bare, signer, parents = ['refs/heads/main'], text) {
      const git = (words: readonly string[], input?: string) => run('git', ['-C', bare.path, ...words], input).trim();
      const treeOf = (content: string) =>
        git(['mktree'], `100644 blob ${git(['hash-object', '-w', '--stdin'], content)}\ta.yml\n`);
      const tree = text === undefined ? 'refs/heads/main^{tree}' : treeOf(text);
      count += 1;
      // No two are alike, even in one second.
      const identity = ['-c', `user.name=A ${count}`, '-c', 'user.email=a@example.com'];
      const sign = signer === undefined ? [] : ['-S'];
      const behind = parents.flatMap((parent) => ['-p', parent]);
      const commit = git([
        ...identity,
        ...(signer?.switches ?? []),
        'commit-tree',
        ...sign,
        ...behind,
        '-m',
        'x',
        tree,
      ]);
      setMain(bare, commit);
      return commit;
    },
    tamper(bare, commit) {
      const text = run('git', ['-C', bare.path, 'cat-file', 'commit', commit]);
      const changed = text.replace(/\n\nx\n$/, '\n\ny\n');
      const other = run('git', ['-C', bare.path, 'hash-object', '-t', 'commit', '-w', '--stdin'], changed).trim();
      setMain(bare, other);
      return other;
    },
    stop: () => run('gpgconf', ['--kill', 'all']),
  };
}

/** As `git update-ref` does to a ref that nobody else writes. */
function setMain({ path }: BareRepository, commit: string): void {
  writeFileSync(join(path, 'refs/heads/main'), `${commit}\n`);
}
