import { type Fields, fieldsOf, listOf, statusText } from './status-fields.ts';

/**
 * A label selector of an object's spec as the API takes it in a query; empty where it selects nothing in particular.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 */
export function selectorOf(selector: Fields): string {
  const equal = Object.entries(fieldsOf(selector['matchLabels'])).map(([key, value]) => `${key}=${String(value)}`);
  const expressions = listOf(selector['matchExpressions']).flatMap(({ key, operator, values }) => {
    const list = Array.isArray(values) ? values.map(String).join(',') : '';
    return OPERATORS[statusText(operator)]?.(statusText(key), list) ?? [];
  });
  return [...equal, ...expressions].join(',');
}

const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};
