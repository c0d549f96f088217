import { decode } from './decode.ts';
import { YAML_LIMITS, type YamlLimits } from './limits.ts';
import { parseYaml } from './parse.ts';
import { type Value, YamlError, type YamlFault } from './value.ts';

/** A document: what it says, or why it cannot be read. */
export interface YamlDocument {
  /** Undefined where there are faults. */
  readonly value?: Value;
  readonly faults: readonly { readonly reason: string; readonly line: number }[];
}

/** What the documents of a text say, as Kubernetes reads them. Empty ones are null. */
export function readYaml(text: string, limits: YamlLimits = YAML_LIMITS): readonly YamlDocument[] {
  const { documents, lineAt } = parseYaml(text, limits);
  const failed = (faults: readonly YamlFault[]) => ({
    faults: faults.map(({ reason, offset }) => ({ reason, line: lineAt(offset) })),
  });
  return documents.map((document) => {
    const { root, faults } = document;
    if (faults.length > 0) {
      return failed(faults);
    }
    try {
      return { value: root === undefined ? null : decode(document, root, limits), faults: [] };
    } catch (error) {
      if (error instanceof YamlError) {
        return failed([error]);
      }
      throw error;
    }
  });
}
