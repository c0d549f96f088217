/** https://nodejs.org/api/tls.html#x509-certificate-error-codes, and a name that is not in the certificate */
const CODES =
  /^(?:UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH$|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_)/;

const NEXT =
  'The host must have a certificate that this machine trusts; for an authority of your own set ca in sluice.yml.';

/** Did a connection fail, or the request in whose error this is the cause, since the host's certificate is not trusted? */
export function isUntrustedCertificate(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  return cause instanceof Error && 'code' in cause && CODES.test(String(cause.code));
}

/** The parts of an error for a connection that failed: a certificate that is not trusted will not be by another try. */
export function connectionAdvice(error: unknown): { readonly retryable: boolean; readonly next?: string } {
  return isUntrustedCertificate(error) ? { retryable: false, next: NEXT } : { retryable: true };
}
