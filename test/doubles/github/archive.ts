import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Reply, RepositoryRequest } from './api.ts';
import type { Repository } from './repository.ts';
import { commitOf, defaultBranch } from './revisions.ts';

/** `GET …/tarball/{ref}`: whether there is such a ref, only the place that it points to finds out. */
export async function getTarball({ host, repository, params }: RepositoryRequest): Promise<Reply> {
  const ref = params['ref'] || (await defaultBranch(repository.git));
  return { status: 302, headers: { location: host.download(repository, ref) } };
}

/** The other origin: archives for whoever has been given an address, and for nobody's credentials. */
export interface Codeload {
  address(origin: string, repository: Repository, ref: string): string;
  answer(request: IncomingMessage): Promise<Reply>;
}

/** A double of codeload.github.com; the secret of an address takes the place of credentials. */
export function newCodeload(violations: string[]): Codeload {
  const offers = new Map<string, { readonly repository: Repository; readonly ref: string }>();
  return {
    address(origin, repository, ref) {
      const token = randomBytes(12).toString('hex').toUpperCase();
      offers.set(token, { repository, ref });
      const encoded = ref.split('/').map(encodeURIComponent).join('/');
      return `${origin}/acme/${encodeURIComponent(repository.name)}/legacy.tar.gz/${encoded}?token=${token}`;
    },
    async answer({ headers, url = '/' }) {
      if (headers.authorization !== undefined) {
        violations.push(`GET ${url.split('?')[0]}: the credentials were sent on to another origin`);
      }
      const offer = offers.get(new URL(url, 'http://127.0.0.1').searchParams.get('token') ?? '');
      const commit = offer && (await commitOf(offer.repository.git, offer.ref));
      if (offer === undefined || commit === undefined) {
        return { status: 404, bytes: { type: 'text/plain; charset=utf-8', content: Buffer.from('404: Not Found') } };
      }
      const { git, name } = offer.repository;
      const prefix = `acme-${name}-${commit.slice(0, 7)}`;
      const content = await git.run(['archive', '--format=tar.gz', `--prefix=${prefix}/`, commit]);
      const headersOf = { 'content-disposition': `attachment; filename=${prefix}.tar.gz` };
      return { status: 200, bytes: { type: 'application/x-gzip', content }, headers: headersOf };
    },
  };
}
