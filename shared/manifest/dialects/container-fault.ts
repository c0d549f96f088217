import { nearMiss } from '../../near-miss.ts';

/**
 * Why an annotation that names a container governs none; undefined where the workload has that container.
 *
 * @param before what stands before the container's name: `fluxcd.io/tag.`
 */
export function containerFault(annotation: string, before: string, containers: readonly string[]): string | undefined {
  const name = annotation.slice(before.length);
  if (containers.includes(name)) {
    return undefined;
  }
  const near = nearMiss(name, containers);
  const hint =
    near === undefined
      ? `; it has ${containers.length === 0 ? 'none' : containers.join(', ')}`
      : `; did you mean ${before}${near}?`;
  return `the annotation ${annotation} names no container of the workload${hint}`;
}
