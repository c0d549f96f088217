import { resolve } from 'node:path';
import { SluiceError } from '../errors.ts';

const SCHEME = /^((https?|ssh):\/\/([^/@]*@)?[^-/@][^/@]*|file:\/\/[^/]*)\/./;
/** `user@host:path`; what has a slash before the colon is a path. @see https://git-scm.com/docs/git-clone#_git_urls */
const SCP_LIKE = /^([^-/:@\s][^/:@\s]*@)?[^-/:@\s][^/:@\s]*:[^:]/;
const SSH = /^(?:ssh:\/\/(?:[^/@]*@)?(?<host>[^/:]+)(?::(?<port>\d+))?|[^/:]+@(?<name>[^/:]+):)/;

/**
 * A repository's URL as git takes it; a path is made absolute.
 *
 * @throws SluiceError `config-invalid` for what git would take for an option or a command, and for a password, which
 * every user of the machine could read
 */
export function repositoryAddress(url: string): string {
  const hasScheme = url.includes('://');
  const isPath = !hasScheme && !SCP_LIKE.test(url);
  if (url === '' || url.startsWith('-') || /[\0\n]|^\w+::/.test(url) || (hasScheme && !SCHEME.test(url))) {
    throw invalid('https://…, ssh://…, user@host:path, file://… or a path', JSON.stringify(url));
  }
  if (/^\w+:\/\/[^/@]*:[^/@]*@/.test(url)) {
    throw invalid(
      'a url without a password',
      withoutUser(url),
      'Give the password as the credentials of the repository.',
    );
  }
  return isPath ? resolve(url) : url;
}

/** Where SSH leads to. */
export interface SshServer {
  readonly host: string;
  /** 22 where it is undefined. */
  readonly port: string | undefined;
}

/** The host, and the port where one is named, that a URL of SSH leads to; undefined for any other address. */
export function sshServer(url: string): SshServer | undefined {
  const { host, name, port } = SSH.exec(url)?.groups ?? {};
  const server = host ?? name;
  return server === undefined ? undefined : { host: server, port };
}

/**
 * The full name of a branch: `refs/heads/main`.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 * @throws SluiceError `config-invalid`
 */
export function branchRef(branch: string): string {
  if (!isRefName(branch)) {
    throw invalid('the name of a branch', JSON.stringify(branch));
  }
  return `refs/heads/${branch}`;
}

/** May a branch or a tag have this name? https://git-scm.com/docs/git-check-ref-format */
export function isRefName(name: string): boolean {
  const isMadeOf = /^(?!-)[^\p{Cc} ~^:?*[\\]+$/u.test(name);
  return isMadeOf && !/\.\.|@\{|\/\/|\/\.|^[./]|[./]$|\.lock(\/|$)/.test(name);
}

/** The URL for people: without who logs in. */
export function withoutUser(text: string): string {
  return text.replaceAll(/\/\/[^/@\s]+@/g, '//');
}

function invalid(expected: string, found: string, next?: string): SluiceError {
  const details = { code: 'config-invalid', subject: 'repository', expected, found } as const;
  return new SluiceError(next === undefined ? details : { ...details, next });
}
