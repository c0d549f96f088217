import type { Site } from './site.ts';

/** Aliases give several sites one scalar: where one of them is held back, all are, and they share their freezes. */
export function holdSharers(sites: readonly Site[]): readonly Site[] {
  const holders = new Map(
    sites.filter(({ policy }) => policy?.held !== undefined).map((site) => [site.range[0], site]),
  );
  const freezes = Map.groupBy(
    sites.filter(({ freeze }) => freeze !== undefined),
    ({ range }) => range[0],
  );
  return sites.map((one) => {
    const shared = freezes.get(one.range[0])?.map(({ freeze }) => freeze);
    const site = shared === undefined ? one : { ...one, freeze: [...new Set(shared)].join(';') };
    const holder = holders.get(site.range[0]);
    return site.policy === undefined || site.policy.held !== undefined || holder === undefined
      ? site
      : { ...site, policy: { ...site.policy, held: `shares the image of ${holder.object}, ${holder.policy?.held}` } };
  });
}
