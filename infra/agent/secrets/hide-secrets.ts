import { MASKED, type Mask } from './secret-mask.ts';

/** An object before and after. */
interface Pair {
  readonly before: unknown;
  readonly after: unknown;
}

/** Masks an object's texts and numbers, each by itself, so that its shape stays. */
export function maskLeaves(value: unknown, mask: Mask): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => maskLeaves(one, mask));
  }
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, maskLeaves(one, mask)]));
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    return value;
  }
  const masked = mask(String(value));
  return masked === String(value) ? value : masked;
}

/**
 * Masks an object that is secret in part, before and after. What was secret before nobody knows any more, so of before
 * nothing is shown but what is the same after.
 */
export function hideSecrets({ before, after }: Pair, mask: Mask): Pair {
  return { before: before === undefined ? before : hideBefore(before, after, mask), after: maskLeaves(after, mask) };
}

function hideBefore(before: unknown, after: unknown, mask: Mask): unknown {
  if (Array.isArray(before)) {
    return hideList(before, Array.isArray(after) ? after : [], mask);
  }
  if (isRecord(before)) {
    const now = isRecord(after) ? after : {};
    const part = (name: string) => (Object.hasOwn(now, name) ? now[name] : undefined);
    return Object.fromEntries(Object.entries(before).map(([name, one]) => [name, hideBefore(one, part(name), mask)]));
  }
  return before === after ? maskLeaves(before, mask) : `${MASKED} (before)`;
}

/** Items are known again by their names, as containers and variables have them; others by all that they hold. */
function hideList(before: readonly unknown[], after: readonly unknown[], mask: Mask): readonly unknown[] {
  const byName = new Map(after.flatMap((one) => (isNamed(one) ? [[one.name, one] as const] : [])));
  const byContent = new Map(after.map((one) => [JSON.stringify(one), one]));
  return before.map((one) =>
    hideBefore(one, isNamed(one) ? byName.get(one.name) : byContent.get(JSON.stringify(one)), mask),
  );
}

function isNamed(value: unknown): value is { readonly name: string } {
  return isRecord(value) && typeof value['name'] === 'string';
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isNested(value) && !Array.isArray(value);
}
