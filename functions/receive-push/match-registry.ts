import { reachOf } from '../../shared/config/reach.ts';
import { parseReference } from '../../shared/image/reference.ts';
import { isoTime } from '../../shared/time.ts';
import type { PushDelivery, PushedTag } from './sources/source.ts';

/** Of why a push is of no interest, in characters: a sender's words are in it. */
const MAX_REASON = 300;

/** A pushed tag that is an image's name, in normal form. */
export interface MatchedPush<Registry> extends Omit<PushedTag, 'registry'> {
  readonly registry: Registry;
}

/** Which registry a push is of, or the end of a sentence that says why it is nobody's. */
export type Claim<Registry> = { readonly registry: Registry } | { readonly foreign: string };

/** What came of a delivery: the pushes that are taken, and the reasons why the rest is of no interest. */
export interface Matched<Registry> {
  readonly pushes: readonly MatchedPush<Registry>[];
  readonly ignored: readonly string[];
}

/**
 * Matches the pushes of a delivery with the registries that are configured; the rest is ignored, with reasons.
 *
 * @param claim decides by the host that the sender names, in normal form
 */
export function matchRegistries<Registry extends string | undefined>(
  delivery: PushDelivery,
  claim: (named: string | undefined) => Claim<Registry>,
): Matched<Registry> {
  const pushes: MatchedPush<Registry>[] = [];
  const ignored = [...delivery.ignored];
  for (const push of delivery.pushes) {
    const named = normalHost(push.registry);
    const claimed = claim(named);
    const registry = 'registry' in claimed ? claimed.registry : named;
    const name = `${push.repository}:${push.tag}`;
    const image = `${registry ?? 'an unnamed registry'}/${name}`;
    if ('foreign' in claimed) {
      ignored.push(`${image} ${claimed.foreign}`);
    } else if (!isImage(`${registry ?? 'localhost'}/${name}`)) {
      ignored.push(`${image} is not the name of an image`);
    } else {
      const { digest, pushedAt } = push;
      const times = { digest: wholeDigest(digest), pushedAt: isoTime(pushedAt) };
      pushes.push({ ...push, ...times, registry: claimed.registry });
    }
  }
  return { pushes, ignored: ignored.map((reason) => reason.slice(0, MAX_REASON)) };
}

/**
 * A sender speaks for its own registry; one that does not say which speaks for the one that it is configured for. So does
 * one that names it as it is known inside, behind a proxy: by another port, or by a name that only its network knows.
 *
 * @param proven the hosts whose secret the sender knows
 * @param configured all hosts that have a sender
 */
export function claimFor(
  proven: readonly string[],
  configured: readonly string[] = proven,
): (named: string | undefined) => Claim<string> {
  const [only] = proven.length === 1 ? proven : [];
  const isOfOnly = (named: string | undefined) =>
    named === undefined || (!configured.some((host) => isSameHost(host, named)) && isInnerName(named, only ?? ''));
  return (named) => {
    const exact = proven.find((host) => named !== undefined && isSameHost(host, named));
    const registry = exact ?? (isOfOnly(named) ? only : undefined);
    return registry === undefined
      ? { foreign: `is not of ${proven.join(' or ')}, which this secret is for` }
      : { registry };
  };
}

/** The port that a protocol has anyway may be written or not. */
function isSameHost(a: string, b: string): boolean {
  return a.replace(/:(443|80)$/, '') === b.replace(/:(443|80)$/, '');
}

function isInnerName(named: string, host: string): boolean {
  return nameOf(named) === nameOf(host) || ['private', 'loopback'].includes(reachOf(`https://${named}`).reach);
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}

function normalHost(host: string | undefined): string | undefined {
  return host === 'index.docker.io' ? 'docker.io' : host?.toLowerCase();
}

/** A digest that is cut short is dropped, the push is not: the registry is asked for it anyway. */
function wholeDigest(digest: string | undefined): string | undefined {
  return digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function isImage(text: string): boolean {
  try {
    return parseReference(text).tag !== undefined;
  } catch {
    return false;
  }
}
