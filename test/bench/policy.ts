import { createRequire } from 'node:module';
import { choose } from '../../shared/policy/choose.ts';
import { parsePolicy } from '../../shared/policy/parse.ts';
import type { TagFacts } from '../../shared/policy/policy.ts';
import { type BenchRow, benchRow, medianMillis } from './row.ts';

const TAGS = 10_000;
const RUNS = 15;
const RANGE = '>=2.0.0 <9.0.0';

/** npm's `semver`, as far as it is the peer here. */
interface NpmSemver {
  maxSatisfying(versions: readonly string[], range: string): string | null;
}

/** Filtering and choosing among 10,000 tags: versions beside npm's `semver`, patterns beside the built-in engine. */
export async function benchPolicy(): Promise<readonly BenchRow[]> {
  return [semverRow(), ...patternRows()];
}

function semverRow(): BenchRow {
  const tags = Array.from({ length: TAGS }, (_, i) =>
    i % 10 === 0 ? hash(i) : `${i % 11}.${i % 97}.${i}${i % 7 === 0 ? '-rc.1' : ''}`,
  );
  const candidates: readonly TagFacts[] = tags.map((tag) => ({ tag }));
  const current = { tag: '2.0.0' };
  const ours = () => choose({ policy: parsePolicy(`semver:${RANGE}`), current, candidates });
  const peer = npmSemver();
  const chosen = ours();
  const expected = peer?.maxSatisfying(tags, RANGE);
  if (expected !== undefined && (chosen.action !== 'update' || chosen.to.tag !== expected)) {
    throw new Error(`npm's semver chose ${expected}, we did not: ${chosen.reason}`);
  }
  return benchRow(
    'choose by semver',
    `${TAGS} tags, ${RANGE}, median of ${RUNS}; peer: maxSatisfying of npm's semver`,
    medianMillis(RUNS, ours),
    peer && medianMillis(RUNS, () => peer.maxSatisfying(tags, RANGE)),
  );
}

function patternRows(): readonly BenchRow[] {
  const tags = Array.from({ length: TAGS }, (_, i) => (i % 3 === 0 ? `main-${hash(i)}` : `${hash(i)}-tmp`));
  return [
    { name: 'filter by glob', filter: 'glob:main-*', peer: /^main-.*$/s },
    { name: 'filter by regexp, RE2', filter: 'regexp:^main-[0-9a-f]{7}$', peer: /^main-[0-9a-f]{7}$/ },
    { name: 'filter by regexp with lookahead', filter: 'regexp:^((?!tmp).)*$', peer: /^((?!tmp).)*$/ },
  ].map(({ name, filter, peer }) =>
    benchRow(
      name,
      `${TAGS} tags, ${filter}, median of ${RUNS}; peer: the built-in engine without a time budget`,
      medianMillis(RUNS, () => parsePolicy(filter).accept(tags)),
      medianMillis(RUNS, () => tags.filter((tag) => peer.test(tag))),
    ),
  );
}

/** Seven hex digits, the same in each run. */
function hash(index: number): string {
  return ((index * 2_654_435_761) % 2 ** 28).toString(16).padStart(7, '0');
}

/** It comes with other packages; Sluice itself does not use it. */
function npmSemver(): NpmSemver | undefined {
  try {
    return createRequire(import.meta.url)('semver') as NpmSemver;
  } catch {
    return undefined;
  }
}
