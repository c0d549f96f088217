/**
 * May two addresses be of one repository? Compared is what comes after the host: one repository has a host for HTTPS,
 * another for SSH, and a third within the cluster. Of an address without a host nothing can be told, and it may be.
 */
export function maySameRepository(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)].toSorted((x, y) => x.length - y.length);
  return a === undefined || b === undefined || a.length === 0 || b.slice(-a.length).join('/') === a.join('/');
}

/** `https://host/path`, `ssh://git@host:22/path`; and `git@host:path`. */
const WITH_SCHEME = /^(?:https?|ssh|git|git\+ssh):\/\/[^/]+\/(.*)$/i;
const SCP_LIKE = /^(?:[^/:@\s]+@)?[^/:@\s]+:(?!\/\/)(.*)$/;
/** What hosts put into an address of one protocol and not of another: Azure DevOps, Bitbucket. */
const OF_PROTOCOL = new Set(['_git', 'scm']);

/** The path of a repository as its host knows it; empty where that is unknown. */
function partsOf(url: string): readonly string[] {
  const trimmed = url.trim();
  const path = WITH_SCHEME.exec(trimmed)?.[1] ?? SCP_LIKE.exec(trimmed)?.[1] ?? '';
  return decoded(path)
    .toLowerCase()
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .filter((part) => part !== '' && !OF_PROTOCOL.has(part));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
