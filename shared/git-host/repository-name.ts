/**
 * What a repository is called whichever way it is reached: `github.com/acme/shop` for `git@github.com:acme/shop.git`,
 * `ssh://git@github.com/acme/shop` and `https://github.com/acme/shop.git`. A path stays as it is.
 */
export function repositoryName(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const [host = '', path = ''] =
    scp === null ? (/^[a-z+]+:\/\/(?:[^@/]*@)?([^/]+)\/(.*)$/i.exec(url)?.slice(1) ?? ['', url]) : scp.slice(1);
  const plain = path.replace(/\/+$/, '').replace(/\.git$/, '');
  return host === '' ? plain : `${host.toLowerCase()}/${plain.replace(/^\/+/, '')}`;
}
