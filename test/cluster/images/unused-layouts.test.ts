import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noteUse, removeUnused } from './unused-layouts.ts';

const HOUR_SECONDS = 60 * 60;

/** A cache with directories that were used so many hours ago. */
function cacheOf(hours: Readonly<Record<string, number>>): string {
  const cache = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  for (const [name, ago] of Object.entries(hours)) {
    mkdirSync(join(cache, name));
    const used = Date.now() / 1000 - ago * HOUR_SECONDS;
    utimesSync(join(cache, name), used, used);
  }
  return cache;
}

const KEYS = ['0', '1', '2'].map((digit) => digit.repeat(16));

test('layouts of an image that were not used for a day go, unfinished ones too; all else stays', () => {
  const cache = cacheOf({
    [`agent-${KEYS[0]}`]: 25,
    [`agent-${KEYS[1]}`]: 23,
    [`agent-${KEYS[2]}.4711`]: 25,
    [`sample-${KEYS[0]}`]: 25,
    [`agent-chart-${KEYS[0]}`]: 25,
    ['f'.repeat(32)]: 25,
  });
  removeUnused(cache, 'agent');
  const left = [`agent-${KEYS[1]}`, `agent-chart-${KEYS[0]}`, 'f'.repeat(32), `sample-${KEYS[0]}`];
  expect(readdirSync(cache).toSorted()).toEqual(left.toSorted());
});

test('one that is asked for again stays', () => {
  const cache = cacheOf({ [`agent-${KEYS[0]}`]: 25 });
  noteUse(join(cache, `agent-${KEYS[0]}`));
  removeUnused(cache, 'agent');
  expect(readdirSync(cache)).toEqual([`agent-${KEYS[0]}`]);
});
