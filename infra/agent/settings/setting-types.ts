import { resolve } from 'node:path';
import { isSluiceError } from '../../../shared/errors.ts';
import { repositoryAddress } from '../../../shared/git/address.ts';
import * as z from '../../../shared/schema.ts';
import { parsePruneLimit } from '../prune/prune-limit.ts';
import type { VariablesRef } from '../render/variables-from.ts';

const MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `500ms`, `15s`, `5m` or `1h`, as milliseconds. */
export const duration = amount(MILLIS, 'expected a duration like 500ms, 15s, 5m or 1h');

/** `512KiB`, `100MiB` or `1GiB`, as bytes. */
export const size = amount(BYTES, 'expected a size like 512KiB, 100MiB or 1GiB');

const COUNT = 'expected a number from 1 on';

/** How many of something: `20000`. */
export const count = z.pipe(z.coerce.number(COUNT), z.int(COUNT).check(z.minimum(1, COUNT)));

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
export const labelName = z
  .string('expected a name')
  .check(z.regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, 'expected lower-case letters, digits and dashes, 42 at most'));

const ACCOUNT = 'expected a service account as namespace/name';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const serviceAccount = z.pipe(
  z.string(ACCOUNT).check(z.regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, ACCOUNT)),
  z.transform((given) => {
    const [namespace = '', name = ''] = given.split('/');
    return { namespace, name };
  }),
);

/** `50%` or `20`. */
export const pruneLimit = z.pipe(
  z.string('expected a share like 50%, or a number of objects'),
  z.transform((given, context) => {
    const limit = parsePruneLimit(given);
    if (limit === undefined) {
      const found = `found ${JSON.stringify(given)}`;
      z.addFault(context, `expected a share like 50%, or a number of objects, ${found}`);
      return z.NEVER;
    }
    return limit;
  }),
);

const REF = 'expected configmap/NAME or secret/NAME';
const REF_KINDS: Readonly<Record<string, VariablesRef['kind']>> = { configmap: 'ConfigMap', secret: 'Secret' };

/** `configmap/NAME` or `secret/NAME`. */
export const variablesRef = z.pipe(
  z.string(REF),
  z.transform((given, context): VariablesRef => {
    const [, word = '', name = ''] = /^(\w+)\/([a-z0-9][a-z0-9.-]*)$/.exec(given) ?? [];
    const kind = REF_KINDS[word];
    if (kind === undefined) {
      z.addFault(context, `${REF}, found ${JSON.stringify(given)}`);
      return z.NEVER;
    }
    return { kind, name };
  }),
);

/** The path of a file or folder, from where the agent was started: what it runs has other working directories. */
export const file = z.pipe(
  z.string('expected a path').check(z.minLength(1, 'expected a path')),
  z.transform((path) => resolve(path)),
);

/** A text that is not empty; `what` says which, for faults. */
export const text = (what: string) => z.string(`expected ${what}`).check(z.minLength(1, `expected ${what}`));

/** A repository as git takes it. What opens it is no part of its URL, which stands in ConfigMaps and lists of processes. */
export const repositoryUrl = text('the URL or path of a repository').check(
  z.superRefine((url, context) => {
    if (url === '') {
      return;
    }
    try {
      repositoryAddress(url);
    } catch (error) {
      if (!isSluiceError(error)) {
        throw error;
      }
      const { expected, found, next } = error;
      const message = [`expected ${expected}, found ${found}`, next].filter((part) => part !== undefined).join('. ');
      context.addIssue({ code: 'custom', message });
    }
  }),
);

/** The address of a server over HTTP, `what` says which. It is as public as a repository's. */
export const serverUrl = (what: string) =>
  z
    .url({ protocol: /^https?$/, error: `expected ${what}` })
    .check(
      z.refine(
        hasNoSecret,
        'expected an address without a user, a password or a query: it is kept where many can read it',
      ),
    );

function hasNoSecret(address: string): boolean {
  const url = URL.parse(address);
  return url === null || `${url.username}${url.password}${url.search}` === '';
}

function amount(units: Readonly<Record<string, number>>, expected: string) {
  return z.pipe(
    z.string(expected),
    z.transform((given, context) => {
      const [, digits = '', unit = ''] = /^(\d+)([A-Za-z]+)$/.exec(given) ?? [];
      const value = Number(digits) * (units[unit] ?? Number.NaN);
      if (!(value > 0)) {
        z.addFault(context, `${expected}, found ${JSON.stringify(given)}`);
      }
      return value;
    }),
  );
}
