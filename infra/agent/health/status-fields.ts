/** Part of an object whose shape is its kind's. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

export function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

export function statusText(value: unknown, fallback = ''): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** A condition as its kind's controller set it. */
export interface Condition {
  readonly status: string;
  readonly reason: string;
  /** Its message, else its reason. */
  readonly message: string;
}

/** The condition of a type, or undefined where it is not told; with a status only the one that has it. */
export function conditionOf(status: Fields, type: string, wanted?: 'True' | 'False'): Condition | undefined {
  const found = listOf(status['conditions']).find((one) => one['type'] === type);
  if (found === undefined || (wanted !== undefined && found['status'] !== wanted)) {
    return undefined;
  }
  const reason = statusText(found['reason']);
  return {
    status: statusText(found['status']),
    reason,
    message: statusText(found['message'], reason || `${type} is set`),
  };
}
