import { SluiceError } from '../../errors.ts';
import { withoutUser } from '../../git/address.ts';
import { repositoryName } from '../repository-name.ts';

/** Where a project is, to people and to the API. */
export interface RepositoryAddress {
  /** `repository https://gitlab.com/acme/team/shop.git`: how messages begin. */
  readonly subject: string;
  /** What gitbeaker calls the host: the API's base without `/api/v4`. */
  readonly host: string;
  /** `acme/team/shop` */
  readonly path: string;
}

const API = /\/api\/v4\/?$/;

/**
 * The project of a clone URL.
 *
 * @param api the base of the API, `https://git.example.com/gitlab/api/v4`; `/api/v4` of the URL's host where it is left out
 * @throws SluiceError `config-invalid`
 */
export function addressOf(url: string, api?: string): RepositoryAddress {
  const subject = `repository ${withoutUser(url)}`;
  const name = repositoryName(url);
  const slash = name.indexOf('/');
  const base = api ?? `${originOf(url, name.slice(0, slash))}/api/v4`;
  if (slash < 1 || !URL.canParse(base) || !/^https?:/.test(base) || !API.test(base)) {
    const expected = 'the url of a project, and of an API that ends in /api/v4';
    throw new SluiceError({ code: 'config-invalid', subject, expected, found: withoutUser(api ?? url) });
  }
  const host = base.replace(API, '');
  // GitLab may live below a path of its host.
  const root = new URL(host).pathname.replace(/^\/|\/$/g, '');
  const path = name.slice(slash + 1);
  return { subject, host, path: root !== '' && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path };
}

/** SSH and HTTPS are at one host, by their own ports. */
function originOf(url: string, host: string): string {
  return /^https?:/.test(url) ? new URL(url).origin : `https://${host.replace(/:\d+$/, '')}`;
}
