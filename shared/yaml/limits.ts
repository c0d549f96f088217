/** How much a text may hold. What holds more is not read. */
export interface YamlLimits {
  /** UTF-16 units. */
  readonly maxLength: number;
  readonly maxDocuments: number;
  /** Lists and maps within one another. */
  readonly maxDepth: number;
  /** Keys, values and items of a text, and of a document once its aliases are filled in. */
  readonly maxNodes: number;
  /** What a person can do who meets one of them, without a full stop. */
  readonly advice?: Readonly<Record<Limit, string>>;
}

type Limit = 'maxLength' | 'maxDocuments' | 'maxDepth' | 'maxNodes';

/** `expected at most 500 documents, found more`, and what to do then. */
export function overLimit(limits: YamlLimits, limit: Limit, what: string): string {
  const advice = limits.advice?.[limit];
  return `expected at most ${limits[limit]} ${what}, found more${advice === undefined ? '' : `. ${advice}`}`;
}

/** More than any cluster takes; a caller that reads what strangers wrote gives less. */
export const YAML_LIMITS: YamlLimits = {
  maxLength: 64 * 1024 * 1024,
  maxDocuments: 20_000,
  maxDepth: 500,
  maxNodes: 4_000_000,
};
