/** What YAML and JSON say: an integer beyond 2^53 is a bigint, so that no digit is lost. */
export type Value = null | boolean | number | bigint | string | readonly Value[] | ValueMap;

export interface ValueMap {
  readonly [key: string]: Value;
}

/** Why a text cannot be read, and where. */
export interface YamlFault {
  readonly reason: string;
  /** Of the text, in UTF-16 units. */
  readonly offset: number;
}

/** A fault as an error: thrown within shared/yaml, and caught there. */
export class YamlError extends Error implements YamlFault {
  readonly reason: string;
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.reason = reason;
    this.offset = offset;
  }
}
