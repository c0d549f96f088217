/** Where a repository is behind SSH. */
export interface SshPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** As the shell of the host gets it, before quoting. */
  readonly path: string;
}

/** Every host of repositories has one user for all. */
const DEFAULT_USER = 'git';
const DEFAULT_PORT = 22;

/**
 * Reads `ssh://user@host:port/path` and `user@host:path`; the URL was checked before.
 *
 * @see https://git-scm.com/docs/git-clone#_git_urls
 */
export function sshPlace(url: string): SshPlace {
  if (url.startsWith('ssh://')) {
    const { hostname, port, username, pathname } = new URL(url);
    const path = decodeURIComponent(pathname).replace(/^\/~/, '~');
    return {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? DEFAULT_PORT : Number(port),
      user: username === '' ? DEFAULT_USER : decodeURIComponent(username),
      path,
    };
  }
  const at = url.indexOf('@');
  const colon = url.indexOf(':');
  const user = at >= 0 && at < colon ? url.slice(0, at) : DEFAULT_USER;
  return { host: url.slice(at < colon ? at + 1 : 0, colon), port: DEFAULT_PORT, user, path: url.slice(colon + 1) };
}

/** One word for the shell of the host. */
export function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`).replaceAll('!', `'\\!'`)}'`;
}
