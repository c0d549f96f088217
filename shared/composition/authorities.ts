import { X509Certificate } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { messageOf, SluiceError } from '../errors.ts';
import type { Secrets } from './endpoints.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What Node trusts without us. */
let others: readonly string[] | undefined;

/**
 * Has this process trust the authorities that the configuration names, beside those that it trusts anyway: for
 * registries, Git hosts and webhooks alike.
 *
 * @throws SluiceError `secret-unavailable`, also where what is there are no certificates
 */
export async function trustAuthorities({ config: { ca }, secrets }: Secrets): Promise<void> {
  if (ca === undefined) {
    return;
  }
  const own = readCertificates(await secrets(ca), ca);
  others ??= getCACertificates('default');
  setDefaultCACertificates([...others, ...own]);
}

function readCertificates(text: string, reference: string): readonly string[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    throw noCertificates(reference, 'none');
  }
  try {
    return found.map((pem) => new X509Certificate(pem).toString());
  } catch (cause) {
    throw noCertificates(reference, `one that cannot be read (${messageOf(cause)})`);
  }
}

function noCertificates(reference: string, found: string): SluiceError {
  return new SluiceError({
    code: 'secret-unavailable',
    subject: `secret ${reference}`,
    expected: 'certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE',
    found,
    next: 'Store the certificates of your authority where the reference points.',
  });
}
