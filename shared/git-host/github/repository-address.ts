import { SluiceError } from '../../errors.ts';
import { withoutUser } from '../../git/address.ts';
import { repositoryName } from '../repository-name.ts';

/** Where a repository is at GitHub. */
export interface RepositoryAddress {
  readonly owner: string;
  readonly repo: string;
  /** The base of the API, without a slash at its end. */
  readonly api: string;
  /** How messages name it: `repository https://github.com/acme/shop.git`. */
  readonly subject: string;
}

/**
 * Reads a repository's clone URL, HTTPS or SSH.
 *
 * @param api the base of the API where it is not the one that belongs to the URL's host
 * @see https://docs.github.com/en/enterprise-server/rest/quickstart for `/api/v3`
 * @throws SluiceError `config-invalid` for a URL that names no `OWNER/NAME`
 */
export function addressOf(url: string, api?: string): RepositoryAddress {
  const subject = `repository ${withoutUser(url)}`;
  const [host = '', owner = '', repo = '', ...more] = repositoryName(url).split('/').map(decoded);
  if (host === '' || owner === '' || repo === '' || more.length > 0) {
    throw new SluiceError({
      code: 'config-invalid',
      subject,
      expected: 'https://HOST/OWNER/NAME',
      found: withoutUser(url),
      next: 'Check the url in sluice.yml.',
    });
  }
  return { owner, repo, api: (api ?? apiOf(url, host)).replace(/\/+$/, ''), subject };
}

function apiOf(url: string, host: string): string {
  const web = /^https?:/i.test(url) ? host : host.replace(/:\d+$/, '');
  const isHosted = web === 'github.com' || web === 'www.github.com' || web === 'ssh.github.com';
  if (isHosted) {
    return 'https://api.github.com';
  }
  // GitHub Enterprise Cloud with data residency.
  if (web.endsWith('.ghe.com')) {
    return `https://api.${web}`;
  }
  return `${/^http:/i.test(url) ? 'http' : 'https'}://${web}/api/v3`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
