import * as z from '../schema.ts';
import { configSchema } from './schema.ts';

/** The schema of `sluice.yml` as JSON Schema, draft 2020-12, for editors and other tools. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
