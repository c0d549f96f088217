import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from './json.ts';

/** GitHub's own description of its API, cut to what is served; see cut-description.ts. */
export function readDescription(): unknown {
  const path = join(import.meta.dirname, '../../fixtures/github/openapi.json');
  return asJsonSchema(JSON.parse(readFileSync(path, 'utf8')));
}

/** What a key of an object leads to, and on. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((here, key) => (isRecord(here) ? here[key] : undefined), value);
}

/** The part that a `$ref` names, or the value itself, and its JSON pointer. */
export function resolved(
  description: unknown,
  value: unknown,
  pointer: string,
): { readonly value: unknown; readonly pointer: string } {
  const reference = at(value, '$ref');
  if (typeof reference !== 'string') {
    return { value, pointer };
  }
  return { value: at(description, ...reference.split('/').slice(1)), pointer: reference.slice(1) };
}

/**
 * OpenAPI 3.0 says `nullable` where JSON Schema lists a type; ajv knows it beside a `type`, not beside `anyOf` or
 * `enum`. And GitHub says `oneOf` of alternatives that overlap, so that its own errors fit two of them.
 *
 * @see https://spec.openapis.org/oas/v3.0.3#schema-object
 */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(asJsonSchema);
  }
  if (!isRecord(value)) {
    return value;
  }
  const inner = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key === 'oneOf' ? 'anyOf' : key, asJsonSchema(item)]),
  );
  if (inner['nullable'] !== true) {
    return inner;
  }
  const { nullable: _nullable, ...rest } = inner;
  return { anyOf: [{ type: 'null' }, rest] };
}
