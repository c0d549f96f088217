import { isPair, isScalar, isSeq } from 'yaml';

/** The path of what `visit` of yaml is at: `spec.containers.0.args.1`. */
export function yamlPath(key: unknown, ancestors: readonly unknown[]): string {
  return ancestors
    .flatMap((one, index) => {
      if (isPair(one)) {
        return [isScalar(one.key) ? String(one.key.value) : ''];
      }
      return isSeq(one) ? [String(index + 1 < ancestors.length ? one.items.indexOf(ancestors[index + 1]) : key)] : [];
    })
    .join('.');
}
