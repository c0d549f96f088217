/** What says which region is meant, for a reader who has these ways to name it. */
const NAME_IT = 'Name the region of AWS: set AWS_REGION, or give --region where there is one.';
const HOST = /\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/**
 * What to do about a call to AWS that failed for its region: none was named, or one that has no such host. Undefined
 * for other failures.
 */
export function regionAdvice(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  // The second and the third are the words of AWS's SDK, which has no names for them.
  if (error.name === 'RegionMissing' || /^Region is missing|^Region not accepted/.test(error.message)) {
    return NAME_IT;
  }
  const { code, hostname } = error as { readonly code?: unknown; readonly hostname?: unknown };
  const [, region] = (typeof hostname === 'string' && HOST.exec(hostname)) || [];
  return code === 'ENOTFOUND' && region !== undefined
    ? `Is ${region} a region of AWS? If it is, this network does not know its hosts.`
    : regionAdvice(error.cause);
}
