import { choose } from '../../shared/policy/choose.ts';
import { parsePolicy } from '../../shared/policy/parse.ts';
import { askPolicyPeer } from './peers/policy.ts';
import { type BenchRow, benchRow, medianMillis } from './row.ts';

const TAGS = 10_000;
/** The engine of JavaScript takes some dozens of runs to compile what runs often. */
const RUNS = 150;
const FIRST_BUILD = Date.UTC(2026, 0, 1);

/** Work that both do, by its name in the peer. */
const WORKS = [
  { name: 'semver', policy: 'semver:>=2.0.0 <9.0.0' },
  {
    name: 'numerical with extract',
    policy: String.raw`numerical:asc; filter ^main-[0-9a-f]{7}-(?P<ts>\d+)$; extract $ts`,
  },
  { name: 'glob', policy: 'glob:main-*' },
  { name: 'regexp', policy: 'regexp:^main-[0-9a-f]{7}' },
  { name: 'newest', policy: 'newest-build' },
] as const;

/** Choosing among 10,000 tags, beside the Go libraries that Flux v2 is made of; the start of their process does not count. */
export async function benchPolicy(): Promise<readonly BenchRow[]> {
  const tags = Array.from({ length: TAGS }, (_, at) => ({
    tag: tagAt(at),
    created: new Date(FIRST_BUILD + ((at * 7919) % TAGS) * 60_000).toISOString(),
  }));
  const { bench } = await askPolicyPeer({ tags, runs: RUNS });
  const rows = WORKS.map(({ name, policy }) => {
    const ours = () => choose({ policy: parsePolicy(policy), current: undefined, candidates: tags });
    const [choice, peer] = [ours(), bench[name]];
    const chosen = choice.action === 'update' ? choice.to.tag : undefined;
    if (peer === undefined || chosen !== peer.chosen) {
      throw new Error(`${name}: the peer chose ${peer?.chosen}, we ${chosen}`);
    }
    const how = `${TAGS} tags, ${policy}, median of ${RUNS}; peer: Masterminds/semver, regexp and sort in Go`;
    return benchRow(`choose by ${name}`, how, medianMillis(RUNS, ours), peer.millis);
  });
  return [...rows, lookaheadRow(tags.map(({ tag }) => tag)), pushedTagRow()];
}

function lookaheadRow(tags: readonly string[]): BenchRow {
  const peer = /^((?!tmp).)*$/;
  return benchRow(
    'filter by regexp with lookahead',
    `${TAGS} tags, regexp:^((?!tmp).)*$, median of ${RUNS}; peer: the built-in engine without a time budget`,
    medianMillis(RUNS, () => parsePolicy('regexp:^((?!tmp).)*$').accept(tags)),
    medianMillis(RUNS, () => tags.filter((tag) => peer.test(tag))),
  );
}

/** A push names one tag: no others are looked at. */
function pushedTagRow(): BenchRow {
  const policy = parsePolicy('semver:~1.2');
  const [current, candidates] = [{ tag: '1.2.3' }, [{ tag: '1.2.4' }]];
  const decide = () => {
    for (let count = 0; count < 1000; count += 1) {
      choose({ policy, current, candidates });
    }
  };
  const how = `1000 decisions on one pushed tag, semver:~1.2, median of ${RUNS}`;
  return benchRow('choose from a pushed tag', how, medianMillis(RUNS, decide));
}

/** Versions, some of them prereleases, and builds of branches with the time of their commit. */
function tagAt(at: number): string {
  if (at % 3 === 0) {
    return `main-${hash(at)}-${1_700_000_000 + ((at * 31) % 100_000)}`;
  }
  return at % 10 === 1 ? `${hash(at)}-dev` : `${at % 11}.${at % 97}.${at}${at % 7 === 0 ? '-rc.1' : ''}`;
}

/** Seven hex digits, the same in each run. */
function hash(index: number): string {
  return ((index * 2_654_435_761) % 2 ** 28).toString(16).padStart(7, '0');
}
