import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../errors.ts';
import { repositoryAddress, withoutUser } from '../address.ts';
import type { GitCredentials } from '../credentials.ts';
import { httpTransport } from './http-transport.ts';
import { localTransport } from './local-transport.ts';
import type { Transport } from './transport.ts';

/**
 * The way to a repository by its URL; nothing is asked yet.
 *
 * @throws SluiceError `config-invalid`
 */
export function openTransport(
  url: string,
  credentials: GitCredentials,
  timeoutMillis: number,
  now: () => number,
): Transport {
  const address = repositoryAddress(url);
  const subject = `repository ${withoutUser(url)}`;
  const isHttp = /^https?:/.test(address);
  if (credentials.kind === 'basic' && !isHttp) {
    throw new SluiceError({
      code: 'config-invalid',
      subject,
      expected: 'an SSH key, or an http(s) url',
      found: 'a password or token',
      next: 'A password opens repositories over HTTP only.',
    });
  }
  if (isHttp) {
    return httpTransport(address, subject, credentials, timeoutMillis, now);
  }
  if (address.startsWith('file:') || address.startsWith('/')) {
    return localTransport(address.startsWith('/') ? address : fileURLToPath(address), subject);
  }
  return lazily(async () => {
    // Loaded where it is used: it is large.
    const { sshTransport } = await import('./ssh-transport.ts');
    return sshTransport(address, subject, credentials, timeoutMillis);
  });
}

function lazily(load: () => Promise<Transport>): Transport {
  return (service, signal) => {
    const conversation = load().then((transport) => transport(service, signal));
    return {
      advertisement: async () => (await conversation).advertisement(),
      reply: async (request) => (await conversation).reply(request),
      end: () =>
        void conversation.then(
          (opened) => opened.end(),
          () => {},
        ),
    };
  };
}
