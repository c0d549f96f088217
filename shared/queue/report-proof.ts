import { createHmac, timingSafeEqual } from 'node:crypto';

/** Keeps a proof of a report from being one of anything else that the same secret proves. */
const PURPOSE = 'sluice report 1\n';

/** The report with the proof that it is from who has the secret; a release that asks for none reads it as ever. */
export function withProof<T extends object>(report: T, secret: string): T & { readonly proof: string } {
  return { ...report, proof: proofOf(report, secret) };
}

/** Is a message proven by the secret? */
export function isProven(message: unknown, secret: string): boolean {
  const { proof, ...report } = (message ?? {}) as { readonly proof?: unknown };
  const expected = Buffer.from(proofOf(report, secret));
  const found = Buffer.from(typeof proof === 'string' ? proof : '');
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** Has a message any proof? */
export function hasProof(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'proof' in message;
}

function proofOf(report: object, secret: string): string {
  const hmac = createHmac('sha256', secret)
    .update(PURPOSE)
    .update(JSON.stringify(sorted(report)));
  return `sha256=${hmac.digest('hex')}`;
}

/** The same text for the same JSON, whoever wrote it anew on its way. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}
