import type { Status } from '../cluster/api-types.ts';
import { statusOf } from '../cluster/client.ts';

/**
 * How the API says that a field stays as it is; every other cause is a fault of the manifest. A rule of CEL that looks at
 * the old object holds for changes alone: https://kubernetes.io/docs/reference/using-api/cel/
 */
const IMMUTABLE: readonly RegExp[] = [
  /\b(?:is|are) immutable\b/i,
  /\bimmutable field\b/i,
  // One that compares, `self.size >= oldSelf.size`, is no such rule.
  /\bfailed (?:rule|expression): .*(?:==\s*(?:has\()?old(?:Self|Object)\b|\bold(?:Self|Object)\b[\w.[\]"'()]*\s*==)/s,
];

/** What says so of a field, and of anything else that it is not to be touched: while a freeze lasts, say. */
const UNCHANGED: readonly RegExp[] = [
  /\b(?:may not|must not|cannot|can not|can't) (?:be )?(?:changed?|modified)\b/i,
  /\bcannot change roleRef\b/,
  /\bupdates to .* are forbidden\b/i,
];
/** A field, as a webhook names it before its reason. */
const FIELD = /(?:^|[\s[])(?:spec|data|metadata)(?:\.\w|\[)[^\s:]*: /;

/** Of all that a cause may be, a field that must not change is one of these; a webhook's has none. */
const REASONS: ReadonlySet<string | undefined> = new Set(['FieldValueInvalid', 'FieldValueForbidden', undefined]);

/** Stand in a webhook's words where it refuses a value, and not a change. */
const INVALID =
  /\b(?:required value|unsupported value|duplicate value|too (?:long|many|few)|(?:must|should) be|expected)\b/i;

const UNPROCESSABLE = 422;
/** A webhook refuses by one of these, as it likes. */
const DENIED: ReadonlySet<number | undefined> = new Set([400, 403]);

/**
 * The fields for which an object was refused, where each of them only must not change; none is named where a webhook
 * or a policy refused. Undefined where a manifest is invalid, which has the same status: then the live object has to
 * stay.
 */
export function immutableFields(error: unknown): readonly string[] | undefined {
  const status = statusOf(error) ?? {};
  const causes = causesOf(status);
  const isImmutable = causes.length > 0 && causes.every(isImmutability);
  return isImmutable ? [...new Set(causes.flatMap(({ field }) => field ?? []))] : undefined;
}

type Cause = NonNullable<NonNullable<Status['details']>['causes']>[number];

function causesOf({ code, message = '', details: { causes = [] } = {} }: Status): readonly Cause[] {
  if (code === UNPROCESSABLE || causes.length > 0) {
    return code === UNPROCESSABLE || DENIED.has(code) ? causes : [];
  }
  return DENIED.has(code) && !INVALID.test(withoutValues(message))
    ? partsOf(message).map((part) => ({ message: part }))
    : [];
}

/** Of several a webhook makes a list: `denied the request: [spec.a: …, spec.b: …]`. */
function partsOf(message: string): readonly string[] {
  const list = /denied the request: \[(.*)\]$/s.exec(message)?.[1];
  return list?.split(/, (?=[\w.[\]]+: )/) ?? [message];
}

function isImmutability({ field, message = '', reason }: Cause): boolean {
  const words = withoutValues(message);
  const isOfField = field !== undefined || FIELD.test(words);
  const patterns = isOfField ? [...IMMUTABLE, ...UNCHANGED] : IMMUTABLE;
  return REASONS.has(reason) && patterns.some((pattern) => pattern.test(words));
}

/** A message quotes values, and whoever writes a manifest may write `"is immutable"` into one. */
function withoutValues(message: string): string {
  return message.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/`[^`]*`/g, '``');
}
