/** How much a text may hold. What holds more is not read. */
export interface YamlLimits {
  /** UTF-16 units. */
  readonly maxLength: number;
  readonly maxDocuments: number;
  /** Lists and maps within one another. */
  readonly maxDepth: number;
  /** Keys, values and items of a text, and of a document once its aliases are filled in. */
  readonly maxNodes: number;
}

/** More than any cluster takes; a caller that reads what strangers wrote gives less. */
export const YAML_LIMITS: YamlLimits = {
  maxLength: 64 * 1024 * 1024,
  maxDocuments: 20_000,
  maxDepth: 500,
  maxNodes: 4_000_000,
};
