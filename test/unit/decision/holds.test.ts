import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freezesOf } from '../../../shared/config/freeze.ts';
import { parseConfig } from '../../../shared/config/load.ts';
import { type HoldSources, readHolds } from '../../../shared/decision/holds.ts';
import { holdReason } from '../../../shared/hold/hold.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { deployment } from '../../fakes/manifests.ts';

const NOW = Date.parse('2026-12-04T20:00:00Z');
const URL = 'https://git.example.com/shop.git';

function siteIn(file: string, extra = ''): Site {
  const [site] = scanFile(file, deployment('registry.example.com/hello:1.0.0', 'semver:~1', extra)).sites;
  if (site === undefined) {
    throw new Error('no site');
  }
  return site;
}

function heldBy(sources: Partial<HoldSources>, site = siteIn('k8s/prod/web.yml')): string | undefined {
  const hold = readHolds({ freezeFile: undefined, freezes: undefined, ...sources }, NOW).on(site);
  return hold && holdReason(hold);
}

describe('a freeze of sluice.yml holds the places that it names', () => {
  const WEEKEND = 'from: Fri 16:00, until: Mon 08:00, zone: Europe/Paris';
  const HELD = 'frozen in sluice.yml: weekend, until 2026-12-07T07:00:00.000Z';
  test.each([
    { freeze: WEEKEND, held: HELD },
    { freeze: 'until: 2026-12-24', held: 'frozen in sluice.yml: weekend, until 2026-12-25T00:00:00.000Z' },
    { freeze: 'from: 2026-12-01', held: 'frozen in sluice.yml: weekend' },
    { freeze: 'from: 2026-12-05', held: undefined },
    { freeze: `${WEEKEND}, repositories: ["https://git.example.com/*"]`, held: HELD },
    { freeze: `${WEEKEND}, repositories: ["https://git.example.com/other.git"]`, held: undefined },
    { freeze: `${WEEKEND}, branches: [main]`, held: HELD },
    { freeze: `${WEEKEND}, branches: ["release-*"]`, held: undefined },
    { freeze: `${WEEKEND}, paths: [k8s/prod]`, held: HELD },
    { freeze: `${WEEKEND}, paths: [k8s/prod/]`, held: HELD },
    { freeze: `${WEEKEND}, paths: ["k8s/*/web.yml"]`, held: HELD },
    { freeze: `${WEEKEND}, paths: [./k8s/prod]`, held: HELD },
    { freeze: `${WEEKEND}, paths: [/k8s]`, held: HELD },
    { freeze: `${WEEKEND}, paths: [.]`, held: HELD },
    { freeze: `${WEEKEND}, paths: ["*/prod"]`, held: HELD },
    { freeze: `${WEEKEND}, paths: ["*/pro"]`, held: undefined },
    { freeze: `${WEEKEND}, paths: [k8s/pro, k8s/staging]`, held: undefined },
    { freeze: `${WEEKEND}, objects: ["deployment/default/*"]`, held: HELD },
    { freeze: `${WEEKEND}, objects: ["Deployment/default/*"]`, held: HELD },
    { freeze: `${WEEKEND}, objects: ["cronjob/*"]`, held: undefined },
    { freeze: `${WEEKEND}, paths: [k8s], objects: ["cronjob/*"]`, held: undefined },
  ])('$freeze', ({ freeze, held }) => {
    const text = `repositories: [{ url: "${URL}" }]\nregistries: [{ host: registry.example.com }]\nfreezes: [{ reason: weekend, ${freeze} }]\n`;
    const { freezes } = parseConfig(text, 'sluice.yml');
    expect(heldBy({ freezes: freezesOf(freezes, { url: URL, branch: 'main' }) })).toBe(held);
  });
});

test('as many freezes as a file can hold are read once, not for each image', () => {
  const entry = (at: number) => `- { reason: r, from: 2026-12-01, paths: [a${at}/b], objects: [deployment/s${at}/*] }`;
  const freezeFile = Array.from({ length: 3000 }, (_, at) => entry(at)).join('\n');
  const holds = readHolds({ freezeFile, freezes: undefined }, NOW);
  const site = siteIn('k8s/prod/web.yml');
  // Whoever reads a glob takes it to pieces.
  const taken = vi.spyOn(String.prototype, 'split');
  onTestFinished(() => taken.mockRestore());
  expect(holds.on(site)).toBeUndefined();
  expect(taken).not.toHaveBeenCalled();
});

describe('the file of freezes', () => {
  test.each([
    { text: '', held: /^free$/ },
    { text: 'freezes: []', held: /^free$/ },
    {
      text: 'freezes:\n  - reason: incident 42\n',
      held: /from: expected a day or a time, found nothing.*until it can be read/,
    },
    {
      text: 'freezes:\n  - { reason: incident 42, from: 2026-12-04T19:00:00Z }\n',
      held: /^frozen in \.sluice\/freeze\.yml: incident 42$/,
    },
    { text: '- { reason: incident 42, until: 2026-12-04T19:00:00Z }\n', held: /^free$/ },
    {
      text: '- { reason: incident 42, until: 2026-12-05, paths: [k8s/prod] }\n',
      held: /incident 42, until 2026-12-06T00:00:00.000Z$/,
    },
    { text: '- { reason: incident 42, until: 2026-12-05, paths: [k8s/staging] }\n', held: /^free$/ },
    {
      text: '- { reason: weekend, from: Fri, until: Sun, zone: UTC }\n',
      held: /line 1: expected days or times; windows of each week stand in sluice.yml or beside the workload.* until it can be read$/,
    },
    { text: 'freezes: [', held: /line 1: expected YAML, found: .* until it can be read$/ },
    {
      text: '- { reason: incident 42, until: tomorrow }\n',
      held: /line 1: until: expected a day like .*, found tomorrow.* until it can be read$/,
    },
    { text: '- { until: 2026-12-05 }\n', held: /line 1: reason: expected why, for people.* until it can be read$/ },
    {
      text: { unreadable: 'larger than 1 MiB' },
      held: /\.sluice\/freeze\.yml: expected a file in UTF-8, found larger than 1 MiB.* until it can be read$/,
    },
  ])('$text holds by $held', ({ text, held }) => {
    expect(heldBy({ freezeFile: text }) ?? 'free').toMatch(held);
  });
});

describe('an annotation beside the workload', () => {
  test.each([
    {
      line: 'Fri 16:00 to Mon 08:00 Europe/Paris',
      held: 'frozen by sluice.dev/freeze: Fri 16:00 to Mon 08:00 Europe/Paris, until 2026-12-07T07:00:00.000Z',
    },
    {
      line: 'Sat to Sun Europe/Paris; until 2026-12-24',
      held: 'frozen by sluice.dev/freeze: until 2026-12-24, until 2026-12-25T00:00:00.000Z',
    },
    { line: 'Sat to Sun Europe/Paris', held: undefined },
    {
      line: 'Sat to Sun',
      held: 'the annotation sluice.dev/freeze: expected a time zone like Europe/Paris beside days of the week, found nothing',
    },
    {
      line: 'Sat to Sun Europe/Paris;',
      held: 'the annotation sluice.dev/freeze: expected a window like Fri 16:00 to Mon 08:00 Europe/Paris, or 2026-12-20 to 2027-01-03, found nothing',
    },
    {
      line: '""',
      held: 'the annotation sluice.dev/freeze: expected a window like Fri 16:00 to Mon 08:00 Europe/Paris, or 2026-12-20 to 2027-01-03, found nothing',
    },
    {
      line: 'until 2020-01-01; '.repeat(200),
      held: 'the annotation sluice.dev/freeze: expected at most 2000 characters, found more',
    },
  ])('$line', ({ line, held }) => {
    expect(heldBy({}, siteIn('web.yml', `    sluice.dev/freeze: ${line}\n`))).toBe(held);
  });

  test('does not shorten what somebody has locked', () => {
    const extra = '    sluice.dev/freeze: until 2026-12-24\n    fluxcd.io/locked: "true"\n';
    expect(heldBy({}, siteIn('web.yml', extra))).toBe('locked');
  });
});
