import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../../shared/config/json-schema.ts';

test('the published schema is the one that is checked; `npm run -s sluice -- schema > sluice.schema.json` makes it', () => {
  expect(JSON.parse(readFileSync('sluice.schema.json', 'utf8'))).toEqual(configJsonSchema());
});
