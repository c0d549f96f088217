import { config, type core } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

/**
 * Schemas by zod's functions, of which a bundle has those that it uses. The methods of zod's other form are in every zip
 * with all that they may need (17 KB of it), and are made anew for each schema at each cold start (20 ms).
 *
 * @see https://zod.dev/packages/mini
 */
export * from 'zod/mini';

// Without a language every fault is an `Invalid input`.
config(en());

/** Says what is wrong with what a transformation was given, or with a key of it. */
export function addFault(
  { issues, value: input }: Pick<core.ParsePayload, 'issues' | 'value'>,
  message: string,
  ...path: readonly string[]
): void {
  issues.push({ code: 'custom', message, input, path: [...path] });
}
