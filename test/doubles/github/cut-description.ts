/**
 * Cuts GitHub's OpenAPI description down to what the double serves, and writes it beside its licence:
 *
 *     npm install --prefix /tmp/openapi @octokit/openapi
 *     node test/doubles/github/cut-description.ts /tmp/openapi/node_modules/@octokit/openapi
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from './json.ts';
import { OPERATIONS } from './operations.ts';

/** What is only for readers. */
const WORDS = new Set(['description', 'title', 'example', 'examples', 'externalDocs', 'deprecated', 'summary']);

/** What the double needs of a description: cut again, it stays what it is. */
export function cutDescription(description: unknown): unknown {
  const all = recordAt(description, 'paths');
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path } of OPERATIONS) {
    const operation = recordAt(all, path, method);
    const { parameters, requestBody, responses } = operation;
    paths[path] = { ...paths[path], [method]: stripped({ parameters, requestBody, responses }, false) };
  }
  const components: Record<string, Record<string, unknown>> = {};
  const open = referencesIn(paths);
  for (let reference = open.pop(); reference !== undefined; reference = open.pop()) {
    const [, , kind = '', name = ''] = reference.split('/');
    const group = components[kind] ?? {};
    components[kind] = group;
    if (!(name in group)) {
      group[name] = stripped(recordAt(description, 'components', kind, name), false);
      open.push(...referencesIn(group[name]));
    }
  }
  const { openapi, info } = recordAt(description);
  return { openapi, info, paths, components };
}

/** Without what is only for readers; a property may well be called `description`. */
function stripped(value: unknown, isPropertyMap: boolean): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => stripped(item, false));
  }
  if (!isRecord(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => isPropertyMap || !(WORDS.has(key) || key.startsWith('x-')))
      .map(([key, item]) => [key, key === 'enum' ? item : stripped(item, !isPropertyMap && key === 'properties')]),
  );
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesIn);
  }
  if (!isRecord(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item] : referencesIn(item),
  );
}

function recordAt(value: unknown, ...keys: readonly string[]): Record<string, unknown> {
  let here = value;
  for (const key of keys) {
    here = isRecord(here) ? here[key] : undefined;
  }
  if (!isRecord(here)) {
    throw new Error(`The description has no ${keys.join(' ')}.`);
  }
  return here;
}

if (import.meta.main) {
  const [from] = process.argv.slice(2);
  if (from === undefined) {
    throw new Error('Give the folder of the package @octokit/openapi.');
  }
  const whole: unknown = JSON.parse(readFileSync(join(from, 'generated/api.github.com.json'), 'utf8'));
  const fixtures = join(import.meta.dirname, '../../fixtures/github');
  writeFileSync(join(fixtures, 'openapi.json'), `${JSON.stringify(cutDescription(whole))}\n`);
  copyFileSync(join(from, 'LICENSE'), join(fixtures, 'LICENSE'));
}
