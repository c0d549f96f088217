import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What a zip holds for sluice.yml; serverless.yml names it too. It stands in the checkout only while zips are made. */
const PACKAGED = 'sluice.packaged.json';

/** Writes the configuration as JSON, unchecked, for the zips. */
export function writePackagedConfig(root: string, configFile: string): void {
  const value: unknown = parse(readFileSync(join(root, configFile), 'utf8'));
  writeFileSync(join(root, PACKAGED), `${JSON.stringify(value)}\n`);
}

/** Removes what was written for the zips. */
export function removePackagedConfig(root: string): void {
  rmSync(join(root, PACKAGED), { force: true });
}
