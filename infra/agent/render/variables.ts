import { type Node, parse, type Scalar, visit } from 'yaml';
import { yamlPath } from './yaml-path.ts';

/** A place in an object where a variable cannot be filled in. */
export interface VariableFault {
  readonly reason: string;
  /** Of the text that was read. */
  readonly offset: number;
}

/** `$${` is text; `${…}` is a variable, with or without a default. */
const REFERENCE = /\$(\$\{)|\$\{([^}]*)\}?/g;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::[=-](.*))?$/s;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is what users write
const FORMS = '${NAME}, ${NAME:=default} or ${NAME:-default}; $${ stands for ${';

/**
 * Fields that are text whatever their value looks like, by their path in an object. Kustomize drops the quotes around
 * `"${PORT}"`, so that quotes alone cannot tell.
 */
const TEXT_FIELDS: readonly RegExp[] = [
  /^(metadata|data|stringData|binaryData)\./,
  /(^|\.)(labels|annotations|matchLabels|nodeSelector)\./,
  /\.env\.\d+\.value$/,
  /\.(args|command)\.\d+$/,
];

/**
 * Fills variables into the values of an object, in place. A value that is one variable and not quoted becomes what
 * YAML makes of it: `replicas: ${COUNT}` is a number. In the fields that are text, in quotes, and beside other text it
 * stays text: `"${COUNT}"` is `"3"`. Keys are left as they are, and what is filled in is not looked at again.
 */
export function fillIn(root: Node, variables: ReadonlyMap<string, string>): readonly VariableFault[] {
  const faults: VariableFault[] = [];
  visit(root, {
    Scalar(key, node, path) {
      if (key !== 'key' && typeof node.value === 'string' && node.value.includes('${')) {
        fillScalar(node, yamlPath(key, path), variables, faults);
      }
    },
  });
  return faults;
}

function fillScalar(node: Scalar, path: string, variables: ReadonlyMap<string, string>, faults: VariableFault[]): void {
  const before = String(node.value);
  const filled = before.replace(REFERENCE, (whole, escaped?: string, inside = '') => {
    if (escaped !== undefined) {
      return escaped;
    }
    const [, name, fallback] = NAME.exec(inside) ?? [];
    if (name === undefined || !whole.endsWith('}')) {
      faults.push({ reason: `${whole.slice(0, 50)}: expected ${FORMS}`, offset: node.range?.[0] ?? 0 });
      return whole;
    }
    const value = variables.get(name);
    if (value === undefined && fallback === undefined) {
      faults.push({ reason: `variable ${name} has no value and no default`, offset: node.range?.[0] ?? 0 });
    }
    return value || (fallback ?? '');
  });
  const isWhole =
    node.type === 'PLAIN' && /^\$\{[^}]*\}$/.test(before) && !TEXT_FIELDS.some((field) => field.test(path));
  node.value = isWhole ? typed(filled) : filled;
}

/** Numbers, truth values and null; all else is text. */
function typed(text: string): unknown {
  const value: unknown = /^[\w.+-]+$/.test(text) ? parse(text) : text;
  return typeof value === 'object' && value !== null ? text : value;
}
